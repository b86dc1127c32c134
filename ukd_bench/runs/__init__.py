"""One process a run: from a specification and a config to a record."""
