"""The tables of the report, as plain text cells."""
