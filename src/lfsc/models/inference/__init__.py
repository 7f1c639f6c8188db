"""A codec over clips of any length, whole, piece by piece and as they arrive."""
