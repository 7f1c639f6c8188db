"""energon's recipe from clips to batches of random crops."""

import json
from collections.abc import Mapping
from typing import BinaryIO, NamedTuple

import numpy
import torch
from megatron.energon import SkipSample, TaskEncoder, stateless
from megatron.energon.flavors.webdataset.structs import FilteredSample

from lfsc.data.batch import Batch, SilentCrop, Skip, UnusableClip, UnusableData
from lfsc.data.crops import Cropper, Crops
from lfsc.data.filters import Filter
from lfsc.data.shard_reader import open_clip
from lfsc.data.skips import SkipWatch

FILTERED_IN_A_ROW = 100_000


class EncodedClip(NamedTuple):
    key: str
    crops: Crops


class CropEncoder(TaskEncoder):
    """Crops of each clip, at places drawn from the seed, the clip's key and the number of the visit.

    So a clip is cut the same whoever reads it, and energon need not keep the state of a random generator.
    """

    # energon's would unpickle what a clip holds under some names.
    decoder = None

    def __init__(self, *, cropper: Cropper, filter: Filter, watch: SkipWatch, num_workers: int, seed: int):
        self.cropper = cropper
        self.filter = filter
        self.watch = watch
        self.num_workers = num_workers
        self.seed = seed
        self.filtered = 0

    @property
    def parts(self) -> tuple[str, ...]:
        """The files of a clip that are needed, by their extensions."""
        return ("flac", "json") if self.filter.needs_json else ("flac",)

    @stateless
    def encode_sample(self, found: FilteredSample) -> EncodedClip:
        key = found["__key__"]
        # energon counts visits in steps of the number of workers.
        visit = self.current_sample_index // max(1, self.num_workers)
        try:
            key, files = open_clip(found, parts=self.parts)
            self.check_wanted(files)
            crops = self.cropper(files["flac"], seed=f"{self.seed} {key} {visit}")
        except UnusableClip as error:
            self.watch.note_skip(Skip(key, str(error)), counts=not isinstance(error, SilentCrop))
            raise SkipSample from error
        self.watch.note_used()
        return EncodedClip(key, crops)

    def check_wanted(self, files: Mapping[str, BinaryIO]) -> None:
        if not self.filter.needs_json or self.filter.accepts(read_fields(files["json"])):
            self.filtered = 0
            return
        self.filtered += 1
        if self.filtered == FILTERED_IN_A_ROW:
            raise UnusableData(f"none of the last {self.filtered} clips has {self.filter}: widen data.filter")
        raise SkipSample

    @stateless
    def batch(self, clips: list[EncodedClip]) -> Batch:
        audio = torch.from_numpy(numpy.concatenate([clip.crops.audio for clip in clips]))
        keys = [clip.key for clip in clips for _ in clip.crops.audio]
        return Batch(audio, keys, self.watch.report())


def read_fields(file: BinaryIO) -> dict:
    try:
        fields = json.load(file)
    except (ValueError, RecursionError) as error:
        raise UnusableClip("its json cannot be read") from error
    if not isinstance(fields, dict):
        raise UnusableClip("its json is no object")
    return fields
