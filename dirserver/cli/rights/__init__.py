"""Who may do what with which book, and with which device."""
