"""Files and sources of contacts on their way into books."""
