"""The same few validation clips, to hear and to see, as files and with whatever logger."""

from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from lightning.pytorch import Callback, Trainer
from lightning.pytorch.loggers import TensorBoardLogger, WandbLogger
from torch import Tensor

from lfsc.audio import files
from lfsc.audio.spectrogram import MelSpectrogram
from lfsc.distributed import gather
from lfsc.io import atomic
from lfsc.training.module import CodecModule

LONGEST_NAME = 200  # bytes; file systems have 255, of which some go to temporary names


class Sample(NamedTuple):
    """A clip and what the codec made of it, on a CPU."""

    place: tuple[int, int]  # its batch in the validation of all ranks, and its row there
    key: str
    real: Tensor
    fake: Tensor


class AudioSamples(Callback):
    """Writes the first `count` clips of the validation: originals once a start, reconstructions at every validation.

    They are the same on any number of ranks, of which the first writes them all.

    The image of a reconstruction has the original's spectrogram above its own.
    """

    def __init__(self, *, folder: Path, count: int, sample_rate: int):
        self.folder = folder
        self.count = count
        self.sample_rate = sample_rate
        # Keys of those that are written; what is there from an earlier start may be other crops.
        self.originals: set[str] = set()
        self.mel = MelSpectrogram(
            sample_rate=sample_rate, num_mels=80, n_fft=1024, hop_length=256, win_length=1024, guard=1e-5
        )

    def on_validation_start(self, trainer: Trainer, module: CodecModule) -> None:
        self.clips: list[Sample] = []

    def on_validation_batch_end(
        self, trainer: Trainer, module: CodecModule, outputs: Any, batch: Any, batch_idx: int, *_
    ) -> None:
        left = self.count - len(self.clips)
        if left <= 0:
            return
        number = batch_idx * trainer.world_size + trainer.global_rank
        clips = list(zip(batch.keys, batch.audio.cpu(), outputs.audio.float().cpu(), batch.lengths, strict=True))
        for row, (key, real, fake, length) in enumerate(clips[:left]):
            self.clips.append(Sample((number, row), key, real[:length].clone(), fake[:length].clone()))

    def on_validation_epoch_end(self, trainer: Trainer, module: CodecModule) -> None:
        if self.count == 0:
            return
        first = sorted(chain(*gather([clip.place for clip in self.clips])))[: self.count]
        clips = sorted(chain(*gather([clip for clip in self.clips if clip.place in first])))
        place = f"update-{module.updates:08d}"
        for _, key, real, fake in clips if trainer.is_global_zero else ():
            if key not in self.originals:
                self.originals.add(key)
                self.write(trainer, "original", key, {"original": real}, update=0)
            self.write(trainer, place, key, {"original": real, place: fake}, update=module.updates)

    def write(self, trainer: Trainer, place: str, key: str, clips: dict[str, Tensor], *, update: int) -> None:
        """Write the clip that is called `place` as audio, and all of them as an image."""
        audio = clips[place]
        sound, image = (self.folder / place / f"{file_name(key)}.{suffix}" for suffix in ("wav", "png"))
        files.write(sound, audio.clamp(-1, 1), sample_rate=self.sample_rate)
        mels = {f"{key}, {name}": self.mel(clip[None])[0] for name, clip in clips.items()}
        draw_mels(image, mels, seconds=len(audio) / self.sample_rate)
        name = f"{'original' if place == 'original' else 'reconstruction'}/{key}"
        for logger in trainer.loggers:
            show(logger, name, sound, image, audio, update=update, sample_rate=self.sample_rate)


def file_name(key: str) -> str:
    """A clip's key as a name of a file: a shard that somebody else made may have keys that lead elsewhere."""
    return key.replace("/", "%2F").encode()[:LONGEST_NAME].decode(errors="ignore")


def draw_mels(path: Path, mels: dict[str, Tensor], *, seconds: float) -> None:
    """A PNG of mel spectrograms [bands, frames] in dB, by their titles, one above the other."""
    # The figure alone, without pyplot: no state is left behind and no display is looked for.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 2.4 * len(mels)), layout="constrained")
    rows = figure.subplots(len(mels), sharex=True, squeeze=False)[:, 0]
    for axes, (title, mel) in zip(rows, mels.items(), strict=True):
        decibels = 20 * mel.clamp(min=1e-4).log10().numpy()
        extent = (0, seconds, 0, len(mel))
        image = axes.imshow(decibels, origin="lower", aspect="auto", extent=extent, vmin=-60, vmax=40)
        axes.set(ylabel="mel band")
        axes.set_title(title, parse_math=False)  # a key may hold a $
    rows[-1].set(xlabel="seconds")
    figure.colorbar(image, ax=list(rows), label="dB")
    with atomic.replacing(path) as temporary:
        figure.savefig(temporary, dpi=100)


def show(logger, name: str, sound: Path, image: Path, audio: Tensor, *, update: int, sample_rate: int) -> None:
    if isinstance(logger, TensorBoardLogger):
        from matplotlib.image import imread

        logger.experiment.add_audio(name, audio, update, sample_rate=sample_rate)
        logger.experiment.add_image(name, imread(image), update, dataformats="HWC")
    elif isinstance(logger, WandbLogger):
        logger.log_audio(name, [str(sound)], step=update, sample_rate=[sample_rate])
        logger.log_image(f"{name}/mel", [str(image)], step=update)
