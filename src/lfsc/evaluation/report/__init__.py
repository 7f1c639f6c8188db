"""What an evaluation writes: numbers, tables and a page to read and hear."""
