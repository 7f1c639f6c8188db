"""Comparing codecs by one protocol: the clips, the codecs, the metrics, and the report."""
