"""Video files: whether they are whole, and their frames."""
