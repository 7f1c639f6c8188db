"""The data of a run: the training stream and the validation clips of one prepared corpus."""

from typing import Any

from lightning import LightningDataModule

from lfsc.data.blend import Blend, Share
from lfsc.data.corpus import drop_missing, read_corpus
from lfsc.data.crops import Cropper
from lfsc.data.datasets import open_training
from lfsc.data.filters import Filter
from lfsc.data.skips import SkipWatch
from lfsc.data.stream import Ranks, TrainingStream
from lfsc.data.task_encoder import CropEncoder
from lfsc.data.validation import ValidationClips
from lfsc.io.restoring import taking_back
from lfsc.nn.arguments import require_numbers, require_whole


class CodecDataModule(LightningDataModule):
    """Batches of random crops to train on and of fixed crops to validate with.

    `path` is a folder that data_prep wrote, or msc://profile/folder in object storage. `val_crop_length` None validates
    on whole clips. Clips under `min_duration` and those that cannot be decoded are skipped and counted; over
    `max_skipped_fraction` of them, or of clips in missing shards, end the run.
    """

    def __init__(
        self,
        *,
        path: str,
        sample_rate: int,
        crop_length: int,
        batch_size: int,
        num_workers: int,
        seed: int,
        crops_per_clip: int,
        min_duration: float,
        max_skipped_fraction: float,
        val_crop_length: int | None,
        max_val_clips: int | None,
        blend: Blend,
        filter: Filter,
    ):
        super().__init__()
        require_whole(sample_rate=sample_rate, crop_length=crop_length, batch_size=batch_size)
        require_whole(crops_per_clip=crops_per_clip)
        require_whole(least=0, num_workers=num_workers)
        require_numbers(least=0, min_duration=min_duration)
        require_numbers(least=0, most=1, max_skipped_fraction=max_skipped_fraction)
        if val_crop_length is not None:
            require_whole(val_crop_length=val_crop_length)
        if max_val_clips is not None:
            require_whole(least=0, max_val_clips=max_val_clips)
        self.path = path
        self.sample_rate = sample_rate
        self.crop_length = crop_length
        self.batch_size = batch_size
        self.num_workers = num_workers
        self.seed = seed
        self.crops_per_clip = crops_per_clip
        self.min_duration = min_duration
        self.max_skipped_fraction = max_skipped_fraction
        self.val_crop_length = val_crop_length
        self.max_val_clips = max_val_clips
        self.blend = blend
        self.filter = filter
        self.stream: TrainingStream | None = None
        self.shares: list[Share] = []

    def setup(self, stage: str | None = None) -> None:
        """Find out what is wrong with the data; `shares` then tells how corpora and languages are blended."""
        self.corpus = read_corpus(self.path, sample_rate=self.sample_rate)
        if stage in ("fit", None) and self.stream is None:
            self.stream, self.shares = open_training(
                corpus=self.corpus,
                encoder=self.encoder(),
                blend=self.blend,
                batch_size=self.batch_size,
                ranks=self.ranks,
                max_missing_fraction=self.max_skipped_fraction,
            )

    def encoder(self) -> CropEncoder:
        cropper = Cropper(
            sample_rate=self.sample_rate,
            length=self.crop_length,
            count=self.crops_per_clip,
            min_duration=self.min_duration,
        )
        watch = SkipWatch(max_share=self.max_skipped_fraction)
        return CropEncoder(
            cropper=cropper, filter=self.filter, watch=watch, num_workers=self.num_workers, seed=self.seed
        )

    @property
    def ranks(self) -> Ranks:
        if self.trainer is None:
            return Ranks(0, 1, self.num_workers)
        return Ranks(self.trainer.global_rank, self.trainer.world_size, self.num_workers)

    def train_dataloader(self) -> TrainingStream:
        assert self.stream is not None  # setup has opened it
        # Memory that is locked is for a GPU to copy from while it computes.
        self.stream.loader.pin_memory = self.trainer is not None and self.trainer.strategy.root_device.type == "cuda"
        return self.stream

    def val_dataloader(self) -> ValidationClips | list:
        """The rank's validation batches; an empty list where the corpus has none or `max_val_clips` is 0."""
        datasets = self.filter.datasets(self.corpus.split("val"))
        datasets = drop_missing(datasets, path=self.path, max_missing_fraction=self.max_skipped_fraction)
        if not datasets or self.max_val_clips == 0:
            return []
        cropper = Cropper(sample_rate=self.sample_rate, length=self.val_crop_length, min_duration=self.min_duration)
        return ValidationClips(
            path=self.path,
            datasets=datasets,
            cropper=cropper,
            batch_size=self.batch_size,
            max_clips=self.max_val_clips,
            rank=self.ranks.rank,
            world_size=self.ranks.world_size,
        )

    def state_dict(self) -> dict[str, Any]:
        return {} if self.stream is None else {"stream": self.stream.gather_state()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        if self.stream is not None:
            with taking_back("position in the data"):
                self.stream.restore(state_dict["stream"])

    def on_exception(self, exception: BaseException) -> None:
        # Lightning tears down only what ended well, and a process does not end before its workers.
        self.teardown()

    def teardown(self, stage: str | None = None) -> None:
        if self.stream is not None:
            self.stream.close()
            self.stream = None
