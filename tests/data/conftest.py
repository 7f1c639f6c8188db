"""A small corpus of noise, and streams over it."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

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
def write_corpus() -> Callable:
    spec = importlib.util.spec_from_file_location("corpora", Path(__file__).with_name("corpora.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.write_corpus


def noise(seed: int, seconds: float) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 0.1 * torch.randn(round(seconds * RATE), generator=generator).clamp(-9, 9)


def clips(prefix: str, count: int, *, seconds: float = 0.6) -> dict[str, torch.Tensor]:
    """Clips `prefix`0, `prefix`1 … of `seconds`, each a tenth of a second longer than the one before."""
    return {f"{prefix}{number}": noise(number, seconds + 0.1 * (number % 5)) for number in range(count)}


@pytest.fixture(scope="session")
def corpus(tmp_path_factory, write_corpus) -> Path:
    """40 clips of one dataset and 24 of another, in shards of 8; nobody may change it."""
    folder = tmp_path_factory.mktemp("corpus")
    first = {"train": clips("a", 40), "val": clips("va", 5)}
    second = {"train": clips("b", 24), "val": clips("vb", 2)}
    return write_corpus(folder, {"one/en": first, "two/de": second})


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
