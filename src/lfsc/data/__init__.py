"""Shards to batches."""

from .batch import Batch, Skip

__all__ = ["Batch", "Skip"]
