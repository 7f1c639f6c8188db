"""The codecs that can be compared."""
