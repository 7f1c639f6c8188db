"""Crops a second out of shards on one core, against reading the shards alone, decoding whole utterances, and NeMo.

    python benchmarks/loader.py [RECORDINGS] [--nemo-python PYTHON]

RECORDINGS is a folder of speech, which is joined and cut to utterances of 15 s; without it espeak-ng speaks. NeMo's
VocoderDataset reads the same FLAC files, unpacked from the shards, through torch's DataLoader, with a Python that has
nemo_toolkit (or that of LFSC_NEMO_PYTHON). Times are of the processor; of all rounds the best counts, as other work on
the machine only slows them down.
"""

import argparse
import contextlib
import io
import json
import os
import random
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import torch

from lfsc.audio import files
from lfsc.data.blend import Blend
from lfsc.data.crops import Cropper, Crops
from lfsc.data.filters import Filter
from lfsc.training.datamodule import CodecDataModule

RATE, SECONDS, CROP, BATCH = 22050, 15, 24576, 16
NEMO = """
import json, sys, time, torch
from nemo.collections.tts.data.vocoder_dataset import VocoderDataset
manifest, folder, rate, crop, batch, clips, rounds = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
torch.set_num_threads(1)
data = VocoderDataset({"speech": {"manifest_path": manifest, "audio_dir": folder}}, sample_rate=rate, n_samples=crop)
order = torch.utils.data.RandomSampler(data, replacement=True, num_samples=clips)
loader = torch.utils.data.DataLoader(data, batch, sampler=order, collate_fn=data.collate_fn)
times = []
for _ in range(rounds):
    start = time.process_time()
    for _ in loader:
        pass
    times.append(time.process_time() - start)
print(json.dumps(clips / min(times)))
"""


class WholeCropper(Cropper):
    """Decodes the utterance and then cuts."""

    def __call__(self, encoded, *, seed: str) -> Crops:
        audio, _ = files.read(encoded)
        start = random.Random(seed).randint(0, len(audio) - self.length)
        return Crops(audio[None, start : start + self.length].numpy(), [self.length])


class Contestant(NamedTuple):
    """`run` goes through some clips and says how many crops came of how many bytes of FLAC."""

    name: str
    run: Callable[[], tuple[int, float]]


def main() -> None:
    options = parse_arguments()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        recordings, data = Path(folder) / "recordings", Path(folder) / "data"
        write_utterances(recordings / "en" / "speaker", options.recordings, options.utterances)
        prepare = [sys.executable, "-m", "data_prep", "folder", recordings, data, "--val-share", "0"]
        subprocess.run(prepare, check=True, stdout=subprocess.DEVNULL)
        clip_bytes = sum(path.stat().st_size for path in recordings.rglob("*.flac")) / options.utterances
        speeds = measure(contestants(data, clip_bytes, options.clips), options.rounds)
        if options.nemo_python:
            crops = nemo_crops_per_second(options, unpack(data, Path(folder) / "files"))
            speeds["NeMo's VocoderDataset"] = (crops, crops * clip_bytes)
    print_table(speeds)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recordings", type=Path, nargs="?")
    parser.add_argument("--utterances", type=int, default=120, help="different ones (%(default)s)")
    parser.add_argument("--clips", type=int, default=480, help="read in a round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=7, help="of which the best counts (%(default)s)")
    parser.add_argument("--nemo-python", default=os.environ.get("LFSC_NEMO_PYTHON"))
    return parser.parse_args()


def write_utterances(folder: Path, recordings: Path | None, count: int) -> None:
    length, speech, rest = SECONDS * RATE, read_speech(recordings), torch.zeros(0)
    folder.mkdir(parents=True)
    for number in range(count):
        while len(rest) < length:
            rest = torch.cat([rest, next(speech)])
        files.write(folder / f"utterance{number:04d}.flac", rest[:length], sample_rate=RATE)
        rest = rest[length:]


def read_speech(recordings: Path | None) -> Iterator[torch.Tensor]:
    """Audio [T] at 22 050 Hz without end."""
    from data_prep.corpora.espeak import speak

    paths = (
        sorted(path for path in recordings.rglob("*") if path.suffix in (".flac", ".wav", ".ogg")) if recordings else []
    )
    while True:
        for path in paths:
            yield files.load(path, sample_rate=RATE)
        if not paths:
            numbers = " ".join(str(random.randrange(10**6)) for _ in range(5))
            yield speak(numbers, "gmw/en", random.randint(120, 200), random.randint(20, 80), 50).audio


def contestants(data: Path, clip_bytes: float, clips: int) -> list[Contestant]:
    def stream(name: str, cropper: type[Cropper], crops: int) -> Contestant:
        batches = batches_of(data, cropper, crops)

        def run() -> tuple[int, float]:
            for _ in range(clips * crops // BATCH):
                next(batches)
            return clips * crops, clips * clip_bytes

        return Contestant(name, run)

    def read_tars() -> tuple[int, float]:
        read = [len(content) for shard in data.rglob("*.tar") for content in read_flacs(shard)]
        return len(read), sum(read)

    return [
        Contestant("(a) the tar alone", read_tars),
        stream("(b) whole utterances, one crop", WholeCropper, 1),
        stream("one crop of an utterance", Cropper, 1),
        stream("four crops of an utterance", Cropper, 4),
    ]


def read_flacs(shard: Path) -> Iterator[bytes]:
    with tarfile.open(shard) as tar:
        yield from (tar.extractfile(member).read() for member in tar if member.name.endswith(".flac"))


def batches_of(data: Path, cropper: type[Cropper], crops: int) -> Iterator:
    module = CodecDataModule(
        path=str(data),
        sample_rate=RATE,
        crop_length=CROP,
        batch_size=BATCH,
        num_workers=0,
        seed=0,
        crops_per_clip=crops,
        min_duration=0.4,
        max_skipped_fraction=1.0,
        val_crop_length=CROP,
        max_val_clips=0,
        blend=Blend(alpha=1.0, weights=None),
        filter=Filter(languages=None, seconds=None, bandwidth=None),
    )
    encoder = module.encoder()
    encoder.cropper.__class__ = cropper
    module.encoder = lambda: encoder
    with contextlib.redirect_stdout(io.StringIO()):
        module.setup("fit")
    return iter(module.train_dataloader())


def measure(contestants: list[Contestant], rounds: int) -> dict[str, tuple[float, float]]:
    """Crops and bytes in a second of one core; rounds are interleaved so that all see the same machine."""
    best = {contestant.name: (0.0, 0.0) for contestant in contestants}
    for _ in range(rounds):
        for name, run in contestants:
            start = time.process_time()
            crops, size = run()
            seconds = time.process_time() - start
            best[name] = max(best[name], (crops / seconds, size / seconds))
    return best


def unpack(data: Path, folder: Path) -> Path:
    """The folder, now with the clips of the shards as files."""
    folder.mkdir()
    for number, content in enumerate(content for shard in data.rglob("*.tar") for content in read_flacs(shard)):
        (folder / f"{number}.flac").write_bytes(content)
    return folder


def nemo_crops_per_second(options: argparse.Namespace, folder: Path) -> float:
    manifest = folder / "manifest.json"
    entries = [{"audio_filepath": path.name, "duration": SECONDS} for path in folder.glob("*.flac")]
    manifest.write_text("\n".join(json.dumps(entry) for entry in entries))
    numbers = map(str, (RATE, CROP, BATCH, options.clips, options.rounds))
    command = [options.nemo_python, "-c", NEMO, manifest, folder, *numbers]
    result = subprocess.run(
        command, check=True, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    return json.loads(result.stdout.splitlines()[-1])


def print_table(speeds: dict[str, tuple[float, float]]) -> None:
    whole = speeds["(b) whole utterances, one crop"][0]
    nemo = speeds.get("NeMo's VocoderDataset", (None,))[0]
    print(f"\n{SECONDS}-s utterances, crops of {CROP} samples, one core\n")
    print(f"{'':32}{'crops/s':>10}{'MB/s':>10}{'x (b)':>8}{'x NeMo':>8}")
    for name, (crops, size) in speeds.items():
        against = f"{crops / nemo:8.2f}" if nemo else ""
        print(f"{name:32}{crops:10.0f}{size / 1e6:10.1f}{crops / whole:8.2f}{against}")


if __name__ == "__main__":
    main()
