"""Lists of recordings: what each row says of a recording, of which part of it, and who speaks."""

import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from lfsc.audio.lines import read_lines
from lfsc.audio.parts import CHANNEL, DURATION, END, START, WHOLE, Part, find_first, read_part
from lfsc.audio.tables import BEYOND, parse_lines

# Those that are looked for in a folder of recordings.
MANIFESTS = tuple(f"manifest.{kind}{packed}" for packed in ("", ".gz") for kind in ("jsonl", "csv", "tsv"))
# "file_name" is that of the folders of audio of the Hugging Face hub, "wav_filename" DeepSpeech's and Coqui's.
PATH = (
    "path", "audio_filepath", "wav", "file_name", "wav_filename", "audio_file", "audio_path", "filename", "file_path",
    "audio",
)  # fmt: skip
# Labels, as NeMo, Common Voice, and data sets of the Hugging Face hub call them.
LANGUAGE = ("language", "lang", "source_lang", "locale")
SPEAKER = ("speaker", "speaker_id", "client_id", "speaker_name")
TEXT = ("text", "text_tn", "normalized_text", "text_normalized", "sentence", "transcription", "transcript", "txt")
# In the place of a speaker's name: what programs write where there is none.
NOBODY = ("N/A", "n/a", "nan", "NaN", "None", "null")
# Of which part of the corpus a row is.
SPLIT = ("split", "subset", "subsets")
# Marks in the place of a text, as GigaSpeech's <MUSIC> and TED-LIUM's, where nobody speaks.
NO_SPEECH = re.compile(r"<[A-Z_]+>|ignore_time_segment_in_scoring|inter_segment_gap")


class Row(NamedTuple):
    """What a row says of a recording, None where it says nothing; a speaker of "" is said to be unknown."""

    path: str
    language: str | None = None
    speaker: str | None = None
    text: str | None = None
    corpus: str | None = None
    part: Part = WHOLE
    # The tar beside the manifest that holds the recording, as in NeMo's tarred data sets.
    archive: str | None = None
    # As the row says it; of readers, "train" or "val".
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
    return list(parse_rows(str(manifest), read_lines(manifest)))


def parse_rows(manifest: str, lines: Iterable[str]) -> Iterator[Row | Malformed]:
    """The rows of a manifest; ValueError where a table of commas cannot be read any further."""
    for number, row in parse_lines(manifest, lines):
        for part in divide_row(row):
            try:
                yield parse_row(part)
            except ValueError as error:
                yield Malformed(f"{manifest}, line {number}", str(error))


def divide_row(row: dict | str) -> list[dict | str]:
    """A row for each part of a long recording, where they are listed as in GigaSpeech.json; any other row as it is."""
    if isinstance(row, dict) and (entries := find_entries(row)):
        common = {name: row[name] for name in (*LANGUAGE, *SPEAKER) if name in row}
        return [part for entry in entries for part in divide_row(common | entry)]
    segments = row.get("segments") if isinstance(row, dict) and not find_first(row, TEXT) else None
    if isinstance(row, str) or not isinstance(segments, list) or not segments:
        return [row]
    if not all(isinstance(part, dict) and {*START} & {*part} for part in segments):
        return [row]
    common = {name: row[name] for name in (*PATH, *LANGUAGE, *SPEAKER, *SPLIT) if name in row}
    fields = (*START, *END, *DURATION, *CHANNEL, *LANGUAGE, *SPEAKER, *TEXT, *SPLIT)
    return [common | {name: part[name] for name in fields if name in part} for part in segments]


def join_texts(segments: object) -> str | None:
    """What is said in all of them; None where they have no texts."""
    texts = [part.get("text") for part in segments if isinstance(part, dict)] if isinstance(segments, list) else ()
    return " ".join(text.strip() for text in texts if isinstance(text, str)) or None


def find_entries(row: dict) -> list[dict] | None:
    """The rows in an object that is a whole manifest in one line."""
    lists = (value for value in row.values() if isinstance(value, list) and value)
    rows = (value for value in lists if all(isinstance(entry, dict) and find_first(entry, PATH) for entry in value))
    return None if find_first(row, PATH) else next(rows, None)


def parse_row(row: dict | str, *, path: str | None = None) -> Row:
    """What the fields of a row say, of `path` if it is given; ValueError with the reason where it cannot be used."""
    if isinstance(row, str):
        raise ValueError(row)
    beyond = row.pop(BEYOND, ())
    if any(beyond):
        # A separator inside a field has moved what follows it to other columns.
        raise ValueError(f"more fields than columns: {', '.join(map(repr, beyond))}")
    row = unpack_lhotse(row)
    if path is not None and not find_first(row, TEXT):
        row["text"] = join_texts(row.get("segments"))
    if find_first(row, TEXT):
        # As of Whisper: they divide the text, and choose no part of the recording.
        row.pop("segments", None)
    path = read_path(row) if path is None else path
    speaker = read_text(row, SPEAKER, (str, int))
    text = (read_text(row, TEXT, (str, int, float)) or "").strip() or None
    if text and NO_SPEECH.fullmatch(text):
        raise ValueError(f"nobody speaks in it: {text}")
    return Row(
        path,
        as_language(read_text(row, LANGUAGE, (str,)) or ""),
        None if speaker in NOBODY else speaker,
        text,
        read_text(row, ("corpus",), (str,)) or None,
        read_part(row),
        read_archive(row),
        read_split(row),
    )


def as_language(text: str) -> str | None:
    """A language as rows name it; two letters are small."""
    text = text.strip()
    return (text.lower() if len(text) == 2 else text) or None


def read_path(row: dict) -> str:
    path = find_first(row, PATH)
    if path is None:
        raise ValueError(f"no 'path' or 'audio_filepath', only {', '.join(map(str, row)) or 'nothing'}")
    if not isinstance(path, str):
        name = next(name for name in PATH if row.get(name) is path)
        raise ValueError(f"{name!r} is {json.dumps(path)[:60]}, expected text")
    if PurePosixPath(path).name in ("", "..") or not can_be_a_name(path):
        raise ValueError(f"its path is {path!r}, expected that of a recording")
    return path


def read_split(row: dict) -> str | None:
    """The part of the corpus, or the first of several: GigaSpeech's are in braces."""
    split = find_first(row, SPLIT)
    split = split[0] if isinstance(split, list) and split else split
    return split.strip("{}").lower() if isinstance(split, str) else None


def can_be_a_name(path: str) -> bool:
    """Whether the system could have a file of this name: not with half a character, nor with what ends a text."""
    try:
        return b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False


def unpack_lhotse(row: dict) -> dict:
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
        raise ValueError("'sources' does not have exactly one source")
    # A source may be a command, too, which is not run.
    if sources[0].get("type", "file") == "shar":
        raise ValueError("'sources' is of type 'shar': `python -m data_prep folder` reads the whole folder")
    if sources[0].get("type", "file") != "file":
        raise ValueError(f"'sources' is of type {sources[0]['type']!r}, expected a file")
    if not (isinstance(supervisions, list) and len(supervisions) == 1 and isinstance(supervisions[0], dict)):
        raise ValueError("'supervisions' does not have exactly one entry: trim the cuts to supervisions")
    labels = {name: supervisions[0][name] for name in ("language", "speaker", "text") if name in supervisions[0]}
    if isinstance(custom := supervisions[0].get("custom"), dict) and isinstance(custom.get("texts"), list):
        # Of LibriHeavy, as it is written and as it is spoken.
        labels = {"text": next(iter(custom["texts"]), None)} | labels
    cut = {name: row[name] for name in ("start", "duration", "channel") if name in row and recording is not row}
    return labels | cut | {"path": sources[0].get("source")}


def read_text(row: dict, names: tuple[str, ...], kinds: tuple[type, ...]) -> str | None:
    """The value of the first of the names that is there, also if it is empty."""
    # What pandas has in the place of what is missing is not equal to itself.
    name = next((name for name in names if row.get(name) is not None and row[name] == row[name]), None)
    if name is None:
        return None
    value = row[name]
    if isinstance(value, float) and value.is_integer():
        # And it makes fractions of a column of whole numbers in which one is missing.
        value = int(value)
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise ValueError(f"{name!r} is {json.dumps(value, default=repr)[:60]}, expected text")
    text = str(value)
    if not text.isascii() and text != text.encode(errors="replace").decode():
        raise ValueError(f"{name!r} holds half a character (a lone surrogate)")
    return text


def read_archive(row: dict) -> str | None:
    """The tar that NeMo's scripts put the recording into."""
    shard = row.get("shard_id")
    if shard in (None, ""):
        return None
    if isinstance(shard, bool) or not str(shard).isascii() or not str(shard).isdigit():
        raise ValueError(f"'shard_id' is {json.dumps(shard)[:60]}, expected a number, as in audio_0.tar")
    return f"audio_{int(shard)}.tar"
