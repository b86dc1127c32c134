"""The report of a sweep: its page, tables and figures; it needs no torch."""
