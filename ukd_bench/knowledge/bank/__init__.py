"""The knowledge bank: its format, how it is filled, verified and shown."""
