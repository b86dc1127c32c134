"""The identity and the files of a run: specification, key, execution, record, folder."""
