"""One protocol to judge codecs by: the clips, the codecs, the numbers, and the report."""
