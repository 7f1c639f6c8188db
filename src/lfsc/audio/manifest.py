"""Lists of recordings: an object of JSON a line, or a table with a head, separated by commas or tabs."""

import csv
import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from math import isfinite
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from lfsc.audio.recording import AudioInfo
from lfsc.io.archive_kinds import compression_of

# Those that are looked for in a folder of recordings.
MANIFESTS = ("manifest.jsonl", "manifest.csv", "manifest.tsv")
# The key of a row's fields behind the last column.
BEYOND = None
PATH = ("path", "audio_filepath", "wav")
# Labels, as NeMo, Common Voice, and data sets of the Hugging Face hub call them.
LANGUAGE = ("language", "lang", "source_lang", "locale")
SPEAKER = ("speaker", "speaker_id", "client_id")
TEXT = ("text", "normalized_text", "text_normalized", "sentence", "transcription", "transcript")
# In seconds, as NeMo, lhotse, Kaldi's segments and others call them.
START = ("offset", "start", "start_time", "begin")
END = ("end", "end_time", "stop")
DURATION = ("duration",)
CHANNEL = ("channel", "channel_selector")
# They would choose a part of a recording, too, in units of which nothing says which.
NOT_READ = ("start_ms", "offset_ms", "start_sample", "sample_offset", "start_frame", "frame_offset", "segments")
# In seconds: durations are rounded, and may count what an encoder adds.
ROUNDING, BEYOND_END = 0.02, 0.1


class Part(NamedTuple):
    """`seconds` from `start`, up to the end where they are None, of one channel, or of the mean of all."""

    start: float = 0.0
    seconds: float | None = None
    channel: int | None = None

    def samples(self, info: AudioInfo) -> tuple[int, int]:
        """The first sample and how many; ValueError where the recording does not have them."""
        first, length = round(self.start * info.sample_rate), info.num_samples / info.sample_rate
        rest = info.num_samples - first
        if rest <= 0:
            raise ValueError(f"its part begins at {self.start:g} s, the recording ends at {length:.3f} s")
        if self.channel is not None and self.channel >= info.channels:
            raise ValueError(f"no channel {self.channel}, the recording has {info.channels}, counted from 0")
        if self.seconds is None or (first == 0 and abs(self.seconds - length) <= ROUNDING):
            return first, rest
        if self.start + self.seconds > length + BEYOND_END:
            raise ValueError(f"its part ends at {self.start + self.seconds:g} s, the recording at {length:.3f} s")
        return first, min(rest, round(self.seconds * info.sample_rate))


WHOLE = Part()


class Row(NamedTuple):
    """What is said of a recording; None of what is not. A speaker of "" is said to be unknown."""

    path: str
    language: str | None = None
    speaker: str | None = None
    text: str | None = None
    corpus: str | None = None
    part: Part = WHOLE
    # The tar beside the manifest that holds the recording, as in NeMo's tarred data sets.
    archive: str | None = None
    # "train" or "val", where the corpus has such splits.
    split: str | None = None

    @property
    def name(self) -> str:
        """The path; of a part, with where it begins and how long it is, in ms, and its channel, before the suffix."""
        if self.part == WHOLE:
            return self.path
        start, seconds, channel = self.part
        where = f"-{round(1000 * start)}" if seconds is None else f"-{round(1000 * start)}-{round(1000 * seconds)}"
        path = PurePosixPath(self.path)
        return str(path.with_name(f"{path.stem}{where}{'' if channel is None else f'-c{channel}'}{path.suffix}"))


class Malformed(NamedTuple):
    """Where a row is that cannot be used, and why."""

    place: str
    reason: str


def read_manifest(manifest: Path) -> list[Row | Malformed]:
    """The rows of a file; ValueError where it is none of UTF-8."""
    return list(parse_rows(str(manifest), manifest_lines(manifest)))


def manifest_lines(manifest: Path) -> Iterator[str]:
    """The lines of a manifest, compressed by gzip or not; ValueError where they are no UTF-8."""
    try:
        opening = gzip.open if compression_of(manifest) == "gzip" else open
        # Only a line feed ends a line: texts hold whatever else Unicode takes for an end.
        with opening(manifest, "rt", encoding="utf-8-sig", newline="\n") as lines:
            yield from lines
    except UnicodeDecodeError as error:
        raise ValueError(f"{manifest} is not a manifest: expected text in UTF-8 (jsonl, csv or tsv)") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{manifest} is damaged ({error}): compress or download it again") from error


def parse_rows(manifest: str, lines: Iterable[str]) -> Iterator[Row | Malformed]:
    """The rows of a manifest; ValueError where a table of commas cannot be read any further."""
    name = manifest.lower().removesuffix(".gz")
    read = tab_rows if name.endswith(".tsv") else comma_rows if name.endswith(".csv") else json_rows
    for number, row in read(lines, manifest):
        try:
            yield parse_row(row)
        except ValueError as error:
            yield Malformed(f"{manifest}, line {number}", str(error))


def parse_row(row: dict | str, *, path: str | None = None) -> Row:
    """What the fields of a row say, of `path` if it is given; ValueError with the reason where it cannot be used."""
    if isinstance(row, str):
        raise ValueError(row)
    beyond = row.pop(BEYOND, ())
    if any(beyond):
        # A separator inside a field has moved what follows it to other columns.
        raise ValueError(f"more fields than columns: {', '.join(map(repr, beyond))}")
    row = _of_lhotse(row)
    if path is None:
        path = _first(row, PATH)
        if not isinstance(path, str) or not path:
            columns = ", ".join(map(str, row)) or "nothing"
            raise ValueError(f"no 'path' or 'audio_filepath', only {columns}")
    if not_read := [name for name in NOT_READ if row.get(name) not in (None, "")]:
        raise ValueError(f"{not_read[0]!r} is not read: give 'offset' and 'duration' in seconds")
    return Row(
        path,
        _text(row, LANGUAGE, (str,)) or None,
        _text(row, SPEAKER, (str, int)),
        _text(row, TEXT, (str, int, float)) or None,
        _text(row, ("corpus",), (str,)) or None,
        _part(row),
        _archive(row),
    )


def _of_lhotse(row: dict) -> dict:
    """A recording of lhotse, or a cut with one supervision, as a row; any other row as it is."""
    recording = row["recording"] if isinstance(row.get("recording"), dict) else row
    if isinstance(row.get("tracks"), list):
        raise ValueError("'tracks' mixes recordings, which is not done: save the audio of the cuts")
    if "sources" not in recording:
        return row
    sources, supervisions = recording["sources"], row.get("supervisions") or [{}]
    if recording.get("transforms"):
        raise ValueError("'transforms' changes the recording, which is not done: save the audio of the cuts")
    if not (isinstance(sources, list) and len(sources) == 1 and isinstance(sources[0], dict)):
        raise ValueError("'sources' has not one source")
    # A source may be a command, too, which is not run.
    if sources[0].get("type", "file") != "file":
        raise ValueError(f"'sources' is of type {sources[0]['type']!r}, expected a file")
    if not (isinstance(supervisions, list) and len(supervisions) == 1 and isinstance(supervisions[0], dict)):
        raise ValueError("'supervisions' has not one entry: trim the cuts to supervisions")
    labels = {name: supervisions[0][name] for name in ("language", "speaker", "text") if name in supervisions[0]}
    cut = {name: row[name] for name in ("start", "duration", "channel") if name in row and recording is not row}
    return labels | cut | {"path": sources[0].get("source")}


def _first(row: dict, names: tuple[str, ...]) -> Any:
    """The value of the first of the names that has one."""
    return next((row[name] for name in names if row.get(name) not in (None, "")), None)


def _text(row: dict, names: tuple[str, ...], kinds: tuple[type, ...]) -> str | None:
    """The first of the names that is there: an empty text is said to be one."""
    name = next((name for name in names if row.get(name) is not None), None)
    if name is None:
        return None
    value = row[name]
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise ValueError(f"{name!r} is {json.dumps(value)[:60]}, expected text")
    text = str(value)
    if not text.isascii() and text != text.encode(errors="replace").decode():
        raise ValueError(f"{name!r} holds half a character (a lone surrogate)")
    return text


def _archive(row: dict) -> str | None:
    """The tar that NeMo's scripts put the recording into."""
    shard = row.get("shard_id")
    if shard in (None, ""):
        return None
    if isinstance(shard, bool) or not str(shard).isascii() or not str(shard).isdigit():
        raise ValueError(f"'shard_id' is {json.dumps(shard)[:60]}, expected a number, as in audio_0.tar")
    return f"audio_{int(shard)}.tar"


def _part(row: dict) -> Part:
    start, duration, end = (_seconds(row, names) for names in (START, DURATION, END))
    if end is not None:
        length = round(end - (start or 0.0), 6)
        if duration is not None and abs(duration - length) > ROUNDING:
            raise ValueError(f"'duration' is {duration:g}, but start and end are {length:g} s apart")
        duration = length
    if duration is not None and duration <= 0:
        raise ValueError(f"its part is {duration:g} s long, expected more than 0")
    return Part(start or 0.0, duration, _channel(row))


def _seconds(row: dict, names: tuple[str, ...]) -> float | None:
    given = [name for name in names if row.get(name) not in (None, "")]
    if not given:
        return None
    if len({str(row[name]) for name in given}) > 1:
        raise ValueError(f"{' and '.join(map(repr, given))} contradict each other")
    value = row[given[0]]
    try:
        seconds = float("nan") if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        seconds = float("nan")
    if not isfinite(seconds) or seconds < 0:
        raise ValueError(f"{given[0]!r} is {json.dumps(value)[:60]}, expected seconds from 0 on")
    return seconds


def _channel(row: dict) -> int | None:
    value = _first(row, CHANNEL)
    if value is None or value == "average":
        return None
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, bool) or not str(value).isascii() or not str(value).isdigit():
        name = next(name for name in CHANNEL if row.get(name) not in (None, ""))
        raise ValueError(f"{name!r} is {json.dumps(value)[:60]}, expected one channel, counted from 0")
    return int(value)


def json_rows(lines: Iterable[str], manifest: str) -> Iterator[tuple[int, dict | str]]:
    lines = iter(lines)
    for number, line in enumerate(lines, 1):
        if line.strip() == "[":
            yield from _array_rows("".join([line, *lines]), manifest)
        elif line.strip():
            yield number, json_row(line)


def _array_rows(text: str, manifest: str) -> Iterator[tuple[int, dict | str]]:
    """Of a file that is one array over many lines, as lhotse writes .json; numbered by its entries."""
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{manifest} is no array of JSON ({getattr(error, 'msg', type(error).__name__)})") from error
    for number, row in enumerate(rows, 1):
        yield number, row if isinstance(row, dict) else f"expected an object with 'path', found {json.dumps(row)[:60]}"


def json_row(line: str) -> dict | str:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        reason = getattr(error, "msg", type(error).__name__)
        return f"not JSON ({reason}); expected one object a line, or a file whose name ends in .csv or .tsv"
    return row if isinstance(row, dict) else f"expected an object with 'path', found {line.strip()[:60]}"


def comma_rows(lines: Iterable[str], manifest: str) -> Iterator[tuple[int, dict]]:
    rows = csv.DictReader(lines, restkey=BEYOND, strict=True)
    try:
        for row in rows:
            yield rows.line_num, _without_empty(row)
    except csv.Error as error:
        raise ValueError(f"{manifest}, after line {rows.line_num}: {error}") from error


def tab_rows(lines: Iterable[str], manifest: str) -> Iterator[tuple[int, dict]]:
    columns: list[str] = []
    for number, line in enumerate(lines, 1):
        if not columns:
            columns = tab_fields(line)
        elif line.strip():
            fields = tab_fields(line)
            # As csv.DictReader has it: what is missing is None.
            beyond = {BEYOND: fields[len(columns) :]}
            yield number, _without_empty({**dict(zip_longest(columns, fields[: len(columns)])), **beyond})


def tab_fields(line: str) -> list[str]:
    """Of a .tsv, where a quotation mark encloses a field only if there is one at its end, too."""
    fields = line.rstrip("\r\n").split("\t")
    return [re.sub(r'^"(.*)"$', lambda match: match[1].replace('""', '"'), field) for field in fields]


def _without_empty(row: dict) -> dict:
    """In a table, a field without anything in it says nothing."""
    return {name: None if value == "" else value for name, value in row.items()}
