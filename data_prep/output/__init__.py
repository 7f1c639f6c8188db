"""What is written: shards, an index, and energon's own."""
