"""Small corpora in the layouts of the large ones, spoken by espeak-ng."""

import csv
import io
import json
import tarfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest
import soundfile

from data_prep.__main__ import main
from lfsc import parallel
from lfsc.audio.resampling import resample
from lfsc.shards.index import NAME

Say = Callable[..., bytes]


@pytest.fixture(scope="session")
def say() -> Say:
    """say(text, voice, rate=, kind=) speaks into the bytes of a file of that kind."""
    espeak = pytest.importorskip("data_prep.corpora.espeak")

    @lru_cache
    def spoken(text: str, voice: str = "gmw/en+m1", rate: int = 22050, kind: str = "wav") -> bytes:
        audio, native = espeak.speak(text, voice, 180, 50, 50)
        samples = (0.7 * resample(audio, from_rate=native, to_rate=rate)).numpy()
        content = io.BytesIO()
        format, subtype = {"opus": ("OGG", "OPUS"), "ogg": ("OGG", "VORBIS")}.get(kind, (kind.upper(), None))
        soundfile.write(content, samples, rate, format=format, subtype=subtype)
        return content.getvalue()

    return spoken


@pytest.fixture
def put(tmp_path) -> Callable[[str, bytes | str], Path]:
    """put(name, content) writes a file below the test's folder."""

    def written(name: str, content: bytes | str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written


@pytest.fixture
def mls(tmp_path, put, say) -> Callable[..., Path]:
    """mls(language, kind=) makes mls_<language>: two readers in train, one each in dev and test."""

    def made(language: str = "german", kind: str = "flac") -> Path:
        name = f"mls_{language}" + ("_opus" if kind == "opus" else "")
        for split, readers in (("train", (101, 102)), ("dev", (201,)), ("test", (301,))):
            transcripts, segments = [], []
            for reader in readers:
                for number in range(3):
                    identifier = f"{reader}_7{reader}_{number:06d}"
                    audio = say(
                        f"{reader} {number} 4 5", f"gmw/de+m{reader % 7 + 1}", 48000 if kind == "opus" else 16000, kind
                    )
                    put(f"{name}/{split}/audio/{reader}/7{reader}/{identifier}.{kind}", audio)
                    transcripts.append(f"{identifier}\tzahl {number} von {reader}\n")
                    segments.append(f"{identifier}\thttp://archive.example/{reader}.mp3\t1.0\t3.5\n")
            put(f"{name}/{split}/transcripts.txt", "".join(transcripts))
            put(f"{name}/{split}/segments.txt", "".join(segments))
        put(f"{name}/train/limited_supervision/9hr/handles.txt", "101_7101_000001\n")
        put(f"{name}/train/limited_supervision/1hr/0/handles.txt", "101_7101_000002\n")
        put(f"{name}/train/limited_supervision/1hr/1/handles.txt", "102_7102_000000\n")
        return tmp_path / name

    return made


@pytest.fixture
def common_voice(tmp_path, put, say) -> Callable[..., Path]:
    """A release with the languages `cy` and `zh-TW`; speakers a, b in train, c in dev, d in test, a and e validated."""

    def made(release: str = "cv-corpus-11.0-2022-09-21") -> Path:
        tables = {"train": "aab", "dev": "c", "test": "d", "validated": "aabecd", "invalidated": "f"}
        for language, voice in (("cy", "cel/cy"), ("zh-TW", "sit/cmn")):
            for table, speakers in tables.items():
                rows = io.StringIO()
                writer = csv.writer(rows, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE, quotechar=None)
                writer.writerow(["client_id", "path", "sentence", "up_votes", "down_votes", "locale"])
                for number, speaker in enumerate(speakers):
                    clip = f"common_voice_{language}_{speaker}{speakers[:number].count(speaker)}.mp3"
                    text = f"{number} 7 {ord(speaker)} 3"
                    put(
                        f"{release}/{language}/clips/{clip}",
                        say(text, f"{voice}+f{ord(speaker) % 4 + 1}", 32000, "mp3"),
                    )
                    writer.writerow([speaker * 128, clip, f'"{text}', 2, 0, language])
                put(f"{release}/{language}/{table}.tsv", rows.getvalue())
        return tmp_path / release

    return made


@pytest.fixture
def packed() -> Callable[..., Path]:
    """packed(folder, suffix) puts a folder into a tar beside it, as corpora are downloaded."""

    def made(folder: Path, suffix: str = ".tar.gz") -> Path:
        path = folder.with_name(folder.name + suffix)
        compression = suffix.removeprefix(".tar").removeprefix(".")
        with tarfile.open(path, f"w:{compression}") as tar:
            tar.add(folder, arcname=folder.name)
        return path

    return made


@pytest.fixture
def here():
    """Workers that are this very process."""
    with parallel.here() as workers:
        yield workers


@pytest.fixture
def prepare(tmp_path, capsys) -> Callable[..., dict]:
    """prepare(verb, ...) runs the command in this process; the index and what was printed come back."""

    def run(*arguments: str | Path) -> dict:
        status = main([*map(str, arguments), "--workers", "0"])
        printed = capsys.readouterr()
        assert status == 0, printed.err
        return {
            "printed": printed.out,
            "index": json.loads((next(Path(out) for out in arguments if Path(out).name == "out") / NAME).read_text()),
        }

    return run
