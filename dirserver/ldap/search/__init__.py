"""The search operation (RFC 4511 section 4.5), with sorting, pages and windows."""
