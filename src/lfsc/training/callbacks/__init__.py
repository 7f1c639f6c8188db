"""What Lightning calls beside the training step."""
