"""What torch lacks or does slowly."""
