"""Streams over a small corpus of noise."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lfsc.data.blend import Blend
from lfsc.data.corpus import read_corpus
from lfsc.data.crops import Cropper
from lfsc.data.datasets import open_training
from lfsc.data.filters import Filter
from lfsc.data.skips import SkipWatch
from lfsc.data.stream import Ranks, TrainingStream
from lfsc.data.task_encoder import CropEncoder

RATE = 22050


@pytest.fixture(scope="session")
def corpus(noise_corpus) -> Path:
    """40 clips of one dataset and 24 of another, in shards of 8; nobody may change it."""
    return noise_corpus


@pytest.fixture
def own_corpus(corpus, tmp_path) -> Path:
    """A copy of the corpus that a test may change."""
    return shutil.copytree(corpus, tmp_path / "corpus")


@pytest.fixture
def open_stream() -> Callable[..., TrainingStream]:
    """A function that opens a stream over a corpus; its worker processes end with the test."""
    opened = []

    def open_one(
        path: Path, *, rank=0, world_size=1, num_workers=0, batch_size=4, crops=1, seed=0, length=4096, **options
    ):
        encoder = CropEncoder(
            cropper=Cropper(
                sample_rate=RATE, length=length, count=crops, min_duration=options.get("min_duration", 0.1)
            ),
            filter=options.get("filter", Filter(languages=None, seconds=None, bandwidth=None)),
            watch=SkipWatch(max_share=options.get("max_skipped_fraction", 0.05)),
            num_workers=num_workers,
            seed=seed,
        )
        opened.append(
            open_training(
                corpus=read_corpus(str(path), sample_rate=RATE),
                encoder=encoder,
                blend=options.get("blend", Blend(alpha=1.0, weights=None)),
                batch_size=batch_size,
                ranks=Ranks(rank, world_size, num_workers),
                max_missing_fraction=options.get("max_skipped_fraction", 0.05),
            ).stream
        )
        return opened[-1]

    yield open_one
    for stream in opened:
        stream.close()
