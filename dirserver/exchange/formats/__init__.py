"""Files of contacts that are no vCards: spreadsheets, LDIF and the phone books of desk phones."""
