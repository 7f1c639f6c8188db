"""Corpora into shards: `python -m data_prep --help`."""
