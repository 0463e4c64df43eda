"""The audit trail as rows: appended to, chained, and never changed."""
