"""What a run is and what it leaves: specification, key, execution fingerprint, record, folder."""
