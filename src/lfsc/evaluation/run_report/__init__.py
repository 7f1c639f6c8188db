"""Runs as a page: how they learned, and what they sound like."""
