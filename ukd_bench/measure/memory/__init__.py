"""Memory by phase, and the live tensors that stand for it on a CPU."""
