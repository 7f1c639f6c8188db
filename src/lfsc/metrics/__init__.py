"""Measures of how a reconstruction differs from its original, per clip, and of how the codebooks are used."""
