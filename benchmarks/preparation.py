"""Core-hours that `python -m data_prep` needs for a corpus, from measured rates; prints a table.

Speech of the demo corpus is put into files of each kind, which are examined, read, resampled, checked and written into
a shard by one process; CPU seconds count, so other work on the machine disturbs little.
"""

import argparse
import io
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

import soundfile
import torch
from rich.console import Console
from rich.table import Table

from data_prep.corpora import demo
from data_prep.corpora.utterance import File, Utterance
from data_prep.output.shard_writer import ShardTask, write_shard
from data_prep.plan import Planner, Sizes
from data_prep.rules import Rules
from data_prep.scan import ExamineTask, examine
from lfsc.audio.resampling import resample


class Kind(NamedTuple):
    """Files like those of a corpus: an utterance's mean length in seconds, and how many hours there are."""

    corpus: str
    format: str
    subtype: str
    sample_rate: int
    seconds: float
    hours: float


# Hours and lengths: spec.md's training data, and the mean utterance of each corpus (hours over utterances).
KINDS = (
    Kind("MLS English, FLAC", "FLAC", "PCM_16", 16000, 14.8, 25_500),
    Kind("MLS English, Opus", "OGG", "OPUS", 48000, 14.8, 25_500),
    Kind("Common Voice 11, MP3", "MP3", "MPEG_LAYER_III", 32000, 4.3, 3_200),
    Kind("DAPS, WAV", "WAV", "PCM_16", 44100, 14.0, 4.5),
)
RULES = Rules(sample_rate=22050, min_seconds=0.4, max_seconds=30.0, min_rate=16000, long="cut")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="of speech for each kind of file (%(default)s)")
    minutes = parser.parse_args().minutes
    torch.set_num_threads(1)
    table = Table("corpus", "hours", "core-seconds an hour", "x real time a core", "core-hours", "hours on 64 cores")
    totals = []
    for kind in KINDS:
        per_hour = measure(kind, minutes)
        totals.append(kind.hours * per_hour / 3600)
        row = [
            f"{kind.hours:g}",
            f"{per_hour:.1f}",
            f"{3600 / per_hour:.0f}",
            f"{totals[-1]:.1f}",
            f"{totals[-1] / 64:.2f}",
        ]
        table.add_row(kind.corpus, *row)
    Console().print(table)
    print(f"MLS English as FLAC and Common Voice, 28.7 k hours: {totals[0] + totals[2]:.0f} core-hours")


def measure(kind: Kind, minutes: float) -> float:
    """CPU seconds for an hour of speech in such files."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        utterances = list(recordings(kind, minutes, folder))
        write_shard(make_task(utterances[:2], folder / "warm"))
        started = time.process_time()
        task = make_task(utterances, folder / "measured")
        record = write_shard(task)
        return (time.process_time() - started) / record["seconds"] * 3600


def make_task(utterances: list[Utterance], folder: Path) -> ShardTask:
    planner = Planner(folder / "plan")
    plan = planner.make(examine(ExamineTask(utterances, RULES)), sizes=Sizes(1e3, 1), val_share=0, seed=0)
    return ShardTask(plan.shards[0], folder, planner.folder, "measured", RULES)


def recordings(kind: Kind, minutes: float, folder: Path):
    """Files of the kind, filled with the demo's clips end to end."""
    clips = cycle(
        [
            utterance.source.read().audio
            for utterance in islice(demo.utterances(folder, num_languages=20, minutes=10, seed=0), 60)
        ]
    )
    length = int(kind.seconds * RULES.sample_rate)
    for number in range(max(2, round(minutes * 60 / kind.seconds))):
        audio = next(clips)
        while len(audio) < length:
            audio = torch.cat([audio, next(clips)])
        samples = resample(audio[:length], from_rate=RULES.sample_rate, to_rate=kind.sample_rate)
        content = io.BytesIO()
        soundfile.write(content, 0.7 * samples.numpy(), kind.sample_rate, format=kind.format, subtype=kind.subtype)
        path = folder / f"{number}.audio"
        path.write_bytes(content.getvalue())
        yield Utterance(str(number), File(str(path)), "en", f"s{number}", "train", "a text")


if __name__ == "__main__":
    main()
