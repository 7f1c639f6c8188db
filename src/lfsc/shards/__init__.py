"""WebDataset shards: files of samples, and what an index tells of them."""
