"""The clips of shards as an energon dataset, with nothing of what the corpus itself tells energon.

energon's own files in a corpus can name modules, classes and Python files, which energon imports and runs; none of them
is opened here.
"""

from megatron.energon.flavors.webdataset.sample_loader import RawSampleData, WebdatasetSampleLoaderDataset
from megatron.energon.flavors.webdataset.sharder import Sharder
from megatron.energon.flavors.webdataset.structs import FilteredSample
from megatron.energon.worker import WorkerConfig
from megatron.energon.wrappers.map_dataset import MapDataset

from lfsc.data.shard_reader import ShardReader

# Clips that a worker reads in their order; they were shuffled when the shards were written.
CLIPS_IN_SEQUENCE = 100
# Sequences of a dataset that a worker reads in turns: more shuffle better and keep more files open.
SEQUENCES_AT_ONCE = 4


class ShardDataset(Sharder):
    """Clips to train on, without end, divided among all workers; in the order that energon would read them."""

    __sample_type__ = FilteredSample

    def __init__(self, reader: ShardReader, config: WorkerConfig):
        self.reader = reader
        self.config = config

    def __len__(self) -> int:
        return len(self.reader)

    def build(self, worker_rotation_offset: int = 0) -> MapDataset[FilteredSample]:
        """The loader; `worker_rotation_offset` is the worker that gets the first clips."""
        sequences = self.shard_workers(
            self.reader.shards,
            worker_config=self.config,
            max_samples_per_sequence=CLIPS_IN_SEQUENCE,
            rotation_offset=worker_rotation_offset,
        )
        clips = WebdatasetSampleLoaderDataset(
            join_readers=[self.reader],
            workers_sample_slice_offsets=sequences,
            worker_config=self.config,
            shuffle_over_epochs=1,
            parallel_slice_iters=SEQUENCES_AT_ONCE,
        )
        return MapDataset(clips, clip_of, stateless_map_fn=True, worker_config=self.config)


def clip_of(loaded: RawSampleData) -> FilteredSample:
    (clip,) = loaded.data
    return clip
