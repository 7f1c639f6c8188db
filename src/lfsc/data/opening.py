"""Opening a corpus for training: which datasets, in which shares, in which batches."""

from collections.abc import Sequence
from typing import NamedTuple

from megatron.energon import WorkerConfig
from megatron.energon.epathlib import EPath
from megatron.energon.errors import reraise_exception
from megatron.energon.metadataset import load_dataset
from megatron.energon.metadataset.loader_interface import DatasetBlendMode, LoadedDataset

from .blend import Blend, Share, shares
from .corpus import Corpus, Dataset, present
from .encoder import CropEncoder
from .stream import Ranks, TrainingStream

# Clips that a worker reads in their order; they were shuffled when the shards were written.
CLIPS_IN_SEQUENCE = 100
# Sequences of a dataset that a worker reads in turns: more shuffle better and keep more files open.
SEQUENCES_AT_ONCE = 4


class Opened(NamedTuple):
    """The stream, and how much of each corpus and language it holds."""

    stream: TrainingStream
    shares: list[Share]


def open_training(
    *, corpus: Corpus, encoder: CropEncoder, blend: Blend, batch_size: int, ranks: Ranks, max_missing_share: float
) -> Opened:
    """Batches of `batch_size` crops; ValueError says in one line which shards, clips or names are missing."""
    crops = encoder.cropper.count
    if batch_size % crops:
        raise ValueError(f"batch_size={batch_size} must be a multiple of crops_per_clip={crops}")
    datasets = encoder.only.datasets(corpus.split("train"))
    datasets = present(datasets, path=corpus.path, max_missing_share=max_missing_share)
    if not datasets:
        raise ValueError(f"{corpus.path} holds no clips to train on: prepare recordings with `python -m data_prep`")
    config = WorkerConfig(
        rank=ranks.rank,
        world_size=ranks.world_size,
        num_workers=ranks.workers,
        seed_offset=encoder.seed,
        global_error_handler=reraise_exception,
    )
    loaded = load(corpus.path, datasets, config)
    blended = blend(datasets, [entry.weight for entry in loaded])
    check_enough(datasets, blended, clips=batch_size // crops, ranks=ranks, path=corpus.path)
    heard = [
        LoadedDataset(dataset=entry.dataset, weight=share)
        for entry, share in zip(loaded, blended, strict=True)
        if share
    ]
    dataset = encoder.build_train_datasets(
        datasets=heard,
        worker_config=config,
        batch_size=batch_size // crops,
        shuffle_buffer_size=None,
        blend_mode=DatasetBlendMode.DATASET_WEIGHT,
    )
    identity = {
        "index": corpus.index_hash,
        "datasets": [dataset.path for dataset, share in zip(datasets, blended, strict=True) if share],
        "clips": sum(len(entry.dataset) for entry in heard),
        "batch_size": batch_size,
        "crops_per_clip": crops,
    }
    stream = TrainingStream(dataset=dataset, ranks=ranks, identity=identity, seed=encoder.seed)
    return Opened(stream, shares(datasets, blended))


def load(path: str, datasets: Sequence[Dataset], config: WorkerConfig) -> list[LoadedDataset]:
    """The same datasets as train.yaml has them for energon, with its weights."""
    root = EPath(str(path))
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


def check_enough(datasets: Sequence[Dataset], blended: Sequence[float], *, clips: int, ranks: Ranks, path: str) -> None:
    found = sum(dataset.samples for dataset, share in zip(datasets, blended, strict=True) if share)
    workers = f"{ranks.world_size} ranks x {max(1, ranks.workers)} workers"
    if found < clips * ranks.total_workers:
        raise ValueError(
            f"{path} has {found} clips to train on, fewer than {workers} x {clips} clips a batch: "
            f"lower workers or batch_size, or prepare more recordings"
        )
