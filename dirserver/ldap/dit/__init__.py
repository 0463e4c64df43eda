"""The Directory Information Tree (RFC 4512 section 2): names, and what there is at them."""
