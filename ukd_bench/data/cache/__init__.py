"""The clip cache: frames decoded and resized once, read from memory-mapped files ever after."""
