"""Corpora as they are distributed: their files, speakers and words."""
