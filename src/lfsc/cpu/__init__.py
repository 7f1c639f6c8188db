"""What makes a CPU fast."""
