"""The methods under test, a row each, and what all distilling ones share. It needs no torch."""
