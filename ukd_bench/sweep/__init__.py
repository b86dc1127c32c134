"""Plan, carry out and resume a sweep; starts without torch."""
