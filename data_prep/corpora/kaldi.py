"""Kaldi's data folders: the list wav.scp of recordings, and beside it segments, text, utt2spk and utt2lang."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from lfsc.audio.manifest import Malformed, Row
from lfsc.audio.parts import Part, read_part

from .archives import Tree

RECORDINGS, SEGMENTS = "wav.scp", "segments"
# Programs with options that unpack a recording and change nothing: the file is read in their place. None is run.
UNPACKING = {
    "cat": set(),
    "flac": {"-c", "-d", "-s", "-cd", "-dc", "-cds", "-dcs", "--stdout", "--decode", "--silent"},
    "sph2pipe": {"-f", "wav", "-p"},
}


def rows_of_kaldi(tree: Tree) -> Iterator[Row | Malformed]:
    """A row for each segment, or for each recording where there is no list of segments."""
    recordings = {key: place for _, key, place in read_entries(tree, RECORDINGS)}
    texts, speakers, languages = (
        {key: value for _, key, value in read_entries(tree, name)} for name in ("text", "utt2spk", "utt2lang")
    )
    listed = SEGMENTS if SEGMENTS in tree else RECORDINGS
    for number, key, value in read_entries(tree, listed):
        try:
            recording, start, seconds = parse_segment(value) if listed == SEGMENTS else (key, 0.0, None)
            if recording not in recordings:
                raise ValueError(f"its recording {recording} is not in {RECORDINGS}")
            path, channel = find_file(recordings[recording], tree)
            part = Part(start, seconds, channel)
            yield Row(path, languages.get(key), speakers.get(key), texts.get(key), part=part)
        except ValueError as error:
            yield Malformed(f"{listed}, line {number}", str(error))


def read_entries(tree: Tree, name: str) -> Iterator[tuple[int, str, str]]:
    """The number of each line, its first word, and what follows; nothing of a list that is not there."""
    for number, line in enumerate(tree.lines(name) if name in tree else (), 1):
        key, _, value = line.strip().replace("\t", " ", 1).partition(" ")
        if key:
            yield number, key, value.strip()


def parse_segment(entry: str) -> tuple[str, float, float | None]:
    """The recording of a segment, its beginning in seconds and its length; an end of -1 is the recording's."""
    recording, start, end = entry.split() if len(entry.split()) == 3 else ("", "", "")
    if not recording:
        raise ValueError(f"{entry!r}: expected a recording, a beginning and an end in seconds")
    part = read_part({"start": start} | ({} if end.startswith("-1") else {"end": end}))
    return recording, part.start, part.seconds


def find_file(entry: str, tree: Tree) -> tuple[str, int | None]:
    """The file of an entry of wav.scp and its channel, None for all.

    Its path is taken from the folder on, or else from where the command is run, as Kaldi does.
    """
    path, channel = parse_command(entry) if entry.endswith("|") else (entry, None)
    if path.rpartition(":")[0].endswith(".ark"):
        raise ValueError(f"{path} is in an archive of Kaldi, which is not read: write the recordings to files")
    if path not in tree and not path.startswith("/") and Path(path).is_file():
        path = str(Path(path).absolute())
    return path, channel


def parse_command(command: str) -> tuple[str, int | None]:
    """The file and the channel that a command unpacks; ValueError for one that may do anything else."""
    *words, path = shlex.split(command.removesuffix("|")) or [""]
    program, options, channel = Path(words[0]).name if words else "", words[1:], None
    if program == "sph2pipe" and "-c" in options[:-1]:
        at = options.index("-c")
        # It counts from 1.
        channel = {"1": 0, "2": 1}.get(options[at + 1])
        options = options[:at] + options[at + 2 :]
    if program not in UNPACKING or not set(options) <= UNPACKING[program]:
        raise ValueError(f"{command!r} is a command, which is not run: write what it gives to a file")
    return path, channel
