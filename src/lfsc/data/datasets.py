"""Opening a corpus for training: which datasets, in which shares, in which batches."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from megatron.energon import WorkerConfig, errors
from megatron.energon.metadataset.loader_interface import DatasetBlendMode, LoadedDataset

from lfsc.data.blend import Blend, Share, tabulate_shares
from lfsc.data.corpus import Corpus, Dataset, drop_missing
from lfsc.data.filters import Filter
from lfsc.data.shard_dataset import ShardDataset
from lfsc.data.shard_reader import read_shards
from lfsc.data.stream import Ranks, TrainingStream
from lfsc.data.task_encoder import CropEncoder
from lfsc.io.messages import say_count

# It prints what it is about to raise, beside the one line that a command then ends with.
errors.print = lambda *_: None  # type: ignore[attr-defined]


class Opened(NamedTuple):
    """The stream, and how much of each corpus and language it holds."""

    stream: TrainingStream
    shares: list[Share]


def open_training(
    *, corpus: Corpus, encoder: CropEncoder, blend: Blend, batch_size: int, ranks: Ranks, max_missing_fraction: float
) -> Opened:
    """Batches of `batch_size` crops; ValueError says in one line which shards, clips or names are missing."""
    crops = encoder.cropper.count
    if batch_size % crops:
        raise ValueError(f"batch_size={batch_size} must be a multiple of crops_per_clip={crops}")
    datasets = select_datasets(corpus, encoder.filter, max_missing_fraction)
    config = WorkerConfig(
        rank=ranks.rank,
        world_size=ranks.world_size,
        num_workers=ranks.num_workers,
        seed_offset=encoder.seed,
        global_error_handler=errors.reraise_exception,
    )
    blended = blend(datasets, [dataset.seconds for dataset in datasets], known=corpus.split("train"))
    drawn = [dataset for dataset, share in zip(datasets, blended, strict=True) if share]
    check_enough(drawn, clips=batch_size // crops, ranks=ranks, path=corpus.path)
    readers = [read_shards(corpus.path, dataset) for dataset in drawn]
    stream = encoder.build_train_datasets(
        datasets=[
            LoadedDataset(dataset=ShardDataset(reader, config), weight=share)
            for reader, share in zip(readers, filter(None, blended), strict=True)
        ],
        worker_config=config,
        batch_size=batch_size // crops,
        shuffle_buffer_size=None,
        blend_mode=DatasetBlendMode.DATASET_WEIGHT,
    )
    identity = identity_of(corpus, drawn) | {"batch_size": batch_size, "crops_per_clip": crops}
    training = TrainingStream(dataset=stream, ranks=ranks, identity=identity, seed=encoder.seed)
    return Opened(training, tabulate_shares(datasets, blended))


def select_datasets(corpus: Corpus, filter: Filter, max_missing_fraction: float) -> list[Dataset]:
    """The datasets that may be drawn from, of the shards that are there."""
    datasets = corpus.split("train")
    filter.check_languages(datasets)
    found = drop_missing(filter.datasets(datasets), path=corpus.path, max_missing_fraction=max_missing_fraction)
    if not found:
        raise ValueError(f"{corpus.path} holds no clips to train on: prepare recordings with `python -m data_prep`")
    return found


def identity_of(corpus: Corpus, drawn: Sequence[Dataset]) -> dict[str, Any]:
    """What must be the same for a saved position to mean the same."""
    return {
        "index": corpus.index_hash,
        "datasets": [dataset.path for dataset in drawn],
        "clips": sum(dataset.samples for dataset in drawn),
    }


def check_enough(drawn: Sequence[Dataset], *, clips: int, ranks: Ranks, path: str) -> None:
    found = sum(dataset.samples for dataset in drawn)
    workers = f"{say_count(ranks.world_size, 'rank')} x {say_count(max(1, ranks.num_workers), 'worker')}"
    if found < clips * ranks.total_workers:
        raise ValueError(
            f"{path} has {say_count(found, 'clip')} to train on, fewer than {workers} x "
            f"{say_count(clips, 'clip')} a batch: lower num_workers or batch_size, or prepare more recordings"
        )
