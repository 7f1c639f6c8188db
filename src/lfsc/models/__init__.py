"""The generator: pure modules that need torch alone."""
