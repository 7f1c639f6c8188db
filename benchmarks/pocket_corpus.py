"""Speech for `pocket`: `python benchmarks/pocket_corpus.py SPEECH OUT`.

SPEECH is a folder with a manifest.jsonl: path, language, speaker and licence of each recording. OUT/train gets
those in the public domain, under CC0 or under CC BY, each three times: as it is, and about an eighth slower and
faster, which gives each speaker two more voices, each recording at a level of its own. OUT/unheard gets thirteen
speakers, as they are, that no training sees. Then

    python -m data_prep folder OUT/train data/pocket --val-share 0.03
    lfsc train pocket data.path=data/pocket
    lfsc evaluate --codec runs/pocket --data OUT/unheard --out report

With --any-licence, OUT/train gets all recordings: for a codec that is not passed on.
"""

import argparse
import json
import random
import shutil
from pathlib import Path

from lfsc.audio import files
from lfsc.audio.resampling import resample

ALLOWED = ("Public domain", "CC0", "CC BY")
UNHEARD = {"(LibriSpeech": 10, "(VCTK)": 3}
# What is added to a name, and the rates between which a copy is resampled; it is played at the old one.
VOICES = {"": None, "-low": (7, 8), "-high": (8, 7)}
QUIETEST = -20  # dB: the copies' levels are drawn from here to 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("speech", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--any-licence", action="store_true", help="train on all recordings")
    options = parser.parse_args()
    lines = (options.speech / "manifest.jsonl").read_text().splitlines()
    rows = [row for row in map(json.loads, lines) if options.any_licence or row["licence"].startswith(ALLOWED)]
    unheard = choose_unheard(rows)
    for row in rows:
        source, place = options.speech / row["path"], Path(row["language"], row["speaker"])
        if row["speaker"] in unheard:
            target = options.out / "unheard" / place / source.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        else:
            write_voices(source, options.out / "train" / place)
    print(f"{len(rows)} recordings are used; unheard are {', '.join(sorted(unheard))}")


def choose_unheard(rows: list[dict]) -> set[str]:
    """Speakers drawn once and for all."""
    draw = random.Random(0)
    speakers = {mark: sorted({row["speaker"] for row in rows if mark in row["licence"]}) for mark in UNHEARD}
    return {speaker for mark, count in UNHEARD.items() for speaker in draw.sample(speakers[mark], count)}


def write_voices(source: Path, folder: Path) -> None:
    audio, rate = files.read(source)
    draw = random.Random(source.stem)
    for name, rates in VOICES.items():
        voice = folder.with_name(folder.name + name)
        voice.mkdir(parents=True, exist_ok=True)
        copy = audio
        if rates is not None:
            gain = 10 ** (draw.uniform(QUIETEST, 0) / 20)
            copy = (gain * resample(audio, from_rate=rates[0], to_rate=rates[1])).clamp(-1, 1)
        files.write(voice / f"{source.stem}{name}.flac", copy, sample_rate=rate)


if __name__ == "__main__":
    main()
