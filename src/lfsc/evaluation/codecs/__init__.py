"""The codecs that an evaluation can compare."""
