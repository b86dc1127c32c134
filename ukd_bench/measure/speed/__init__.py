"""Benchmarks: what loaders, training steps and bank fills cost, in interleaved blocks."""
