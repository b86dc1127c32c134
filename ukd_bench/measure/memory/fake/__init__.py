"""A device without memory, on which real code trains with fake tensors."""
