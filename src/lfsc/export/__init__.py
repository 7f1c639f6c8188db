"""Codecs written for other programs."""
