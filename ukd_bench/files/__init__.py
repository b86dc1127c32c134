"""What touches the disk: atomic writes, hashes, locks, configs, downloads, checkpoints."""
