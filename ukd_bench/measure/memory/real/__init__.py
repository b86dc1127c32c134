"""The device at hand, on which rehearsals take real memory."""
