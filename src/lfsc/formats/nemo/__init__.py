"""NeMo's archives, in and out."""
