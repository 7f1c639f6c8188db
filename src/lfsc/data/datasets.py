"""Opening a corpus for training: which datasets, in which shares, in which batches."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from megatron.energon import WorkerConfig
from megatron.energon.epathlib import EPath
from megatron.energon.errors import reraise_exception
from megatron.energon.metadataset import load_dataset
from megatron.energon.metadataset.loader_interface import DatasetBlendMode, LoadedDataset

from .blend import Blend, Share, shares
from .corpus import Corpus, Dataset, present
from .filters import Filter
from .stream import Ranks, TrainingStream
from .task_encoder import CropEncoder

# Clips that a worker reads in their order; they were shuffled when the shards were written.
CLIPS_IN_SEQUENCE = 100
# Sequences of a dataset that a worker reads in turns: more shuffle better and keep more files open.
SEQUENCES_AT_ONCE = 4


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
    datasets = wanted(corpus, encoder.filter, max_missing_fraction)
    config = WorkerConfig(
        rank=ranks.rank,
        world_size=ranks.world_size,
        num_workers=ranks.num_workers,
        seed_offset=encoder.seed,
        global_error_handler=reraise_exception,
    )
    loaded = load(corpus.path, datasets, config)
    blended = blend(datasets, [entry.weight for entry in loaded], known=corpus.split("train"))
    heard = [dataset for dataset, share in zip(datasets, blended, strict=True) if share]
    check_enough(heard, clips=batch_size // crops, ranks=ranks, path=corpus.path)
    stream = encoder.build_train_datasets(
        datasets=[LoadedDataset(dataset=e.dataset, weight=s) for e, s in zip(loaded, blended, strict=True) if s],
        worker_config=config,
        batch_size=batch_size // crops,
        shuffle_buffer_size=None,
        blend_mode=DatasetBlendMode.DATASET_WEIGHT,
    )
    identity = identity_of(corpus, heard) | {"batch_size": batch_size, "crops_per_clip": crops}
    return Opened(
        TrainingStream(dataset=stream, ranks=ranks, identity=identity, seed=encoder.seed), shares(datasets, blended)
    )


def wanted(corpus: Corpus, filter: Filter, max_missing_fraction: float) -> list[Dataset]:
    """The datasets that may be heard, of the shards that are there."""
    datasets = corpus.split("train")
    filter.check_languages(datasets)
    found = present(filter.datasets(datasets), path=corpus.path, max_missing_fraction=max_missing_fraction)
    if not found:
        raise ValueError(f"{corpus.path} holds no clips to train on: prepare recordings with `python -m data_prep`")
    return found


def identity_of(corpus: Corpus, heard: Sequence[Dataset]) -> dict[str, Any]:
    """What must be the same for a saved position to mean the same."""
    return {
        "index": corpus.index_hash,
        "datasets": [dataset.path for dataset in heard],
        "clips": sum(dataset.samples for dataset in heard),
    }


def load(path: str, datasets: Sequence[Dataset], config: WorkerConfig) -> list[LoadedDataset]:
    """The same datasets as train.yaml has them for energon, with its weights."""
    root = EPath(str(path))
    check_copied(root, datasets)
    listed = load_dataset(root / "train.yaml").get_datasets(
        training=True,
        split_part="train",
        worker_config=config,
        max_samples_per_sequence=CLIPS_IN_SEQUENCE,
        parallel_shard_iters=SEQUENCES_AT_ONCE,
        decoder=None,
    )
    by_path = {entry.dataset.path.relative_to(root): entry for entry in listed.datasets}
    absent = [dataset.path for dataset in datasets if dataset.path not in by_path]
    if absent:
        raise ValueError(
            f"{path}/train.yaml does not list {', '.join(absent)}, which index.json has: prepare the data again"
        )
    for dataset in datasets:
        names = {shard.name for shard in dataset.shards}
        factory = by_path[dataset.path].dataset
        factory.shards = [shard for shard in factory.shards if shard.name in names]
    return [by_path[dataset.path] for dataset in datasets]


def check_copied(root: EPath, datasets: Sequence[Dataset]) -> None:
    """ValueError if a copy of the corpus lacks what energon needs, which is hidden beside the shards."""
    needed = [root / "train.yaml", *(root / dataset.path / ".nv-meta/.info.json" for dataset in datasets)]
    with ThreadPoolExecutor(16) as threads:
        absent = [path for path, there in zip(needed, threads.map(EPath.is_file, needed), strict=True) if not there]
    if absent:
        raise ValueError(
            f"{absent[0]} is missing: copy the corpus again with what is hidden in it (`msc sync --no-ignore-hidden`)"
        )


def check_enough(heard: Sequence[Dataset], *, clips: int, ranks: Ranks, path: str) -> None:
    found = sum(dataset.samples for dataset in heard)
    workers = f"{ranks.world_size} ranks x {max(1, ranks.num_workers)} workers"
    if found < clips * ranks.total_workers:
        raise ValueError(
            f"{path} has {found} clips to train on, fewer than {workers} x {clips} clips a batch: "
            f"lower num_workers or batch_size, or prepare more recordings"
        )
