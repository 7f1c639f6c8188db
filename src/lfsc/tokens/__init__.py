"""Tokens on disk: files of one clip, shards of many, and the codec that they belong to."""
