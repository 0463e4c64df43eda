"""The properties of what there is: listed, written, changed."""
