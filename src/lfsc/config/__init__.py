"""Configurations: composed, checked, and made into objects."""
