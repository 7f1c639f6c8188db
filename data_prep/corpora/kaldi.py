"""Kaldi's data folders: the list wav.scp of recordings, and beside it segments, text, utt2spk and utt2lang."""

import os
import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from lfsc.audio.manifest import Malformed, Row
from lfsc.audio.parts import WHOLE, Part, read_part

from .archives import Tree
from .manifests import Listed
from .utterance import File

RECORDINGS, SEGMENTS = "wav.scp", "segments"
# Folders that Kaldi's scripts make of others, for so many processes.
SPLIT_UP = re.compile(r"split\d+(utt)?")
# Where a recording begins in an archive.
ARK = re.compile(r"(.+\.ark):(\d+)")
TO_THE_END = re.compile(r"-1(\.0*)?")
# Programs with options that unpack a recording and change nothing: the file is read in their place. None is run.
UNPACKING = {
    "cat": set(),
    "flac": {"-c", "-d", "-s", "-cd", "-dc", "-cds", "-dcs", "--stdout", "--decode", "--silent"},
    "sph2pipe": {"-f", "wav", "-p"},
}


def find_data_folders(tree: Tree, names: Iterable[str]) -> list[Listed]:
    """The data folders among files of these names: the tree itself, or all below it."""
    folders = [PurePosixPath(name).parent for name in names if PurePosixPath(name).name == RECORDINGS]
    if PurePosixPath() in folders:
        folders = [PurePosixPath()]
    folders = [folder for folder in folders if not any(map(SPLIT_UP.fullmatch, folder.parts))]
    return [Listed(f"{folder / RECORDINGS}", rows_of_kaldi(tree, folder)) for folder in folders]


def rows_of_kaldi(tree: Tree, folder: PurePosixPath) -> Iterator[Row | Malformed]:
    """A row for each segment of a data folder, or for each recording where there is no list of segments."""
    recordings = {key: place for _, key, place in read_entries(tree, f"{folder / RECORDINGS}")}
    texts, speakers, languages = (
        {key: value for _, key, value in read_entries(tree, f"{folder / name}")}
        for name in ("text", "utt2spk", "utt2lang")
    )
    has_segments = f"{folder / SEGMENTS}" in tree
    listed = f"{folder / (SEGMENTS if has_segments else RECORDINGS)}"
    for number, key, value in read_entries(tree, listed):
        try:
            recording, part = parse_segment(value) if has_segments else (key, WHOLE)
            if recording not in recordings:
                raise ValueError(f"its recording {recording} is not in {RECORDINGS}")
            path, channel = find_file(recordings[recording], tree, folder)
            part = part if part.channel is not None else part._replace(channel=channel)
            row = Row(path, languages.get(key), speakers.get(key), texts.get(key) or None, part=part)
            yield row._replace(path=recording, archive=path) if ARK.fullmatch(path) else row
        except ValueError as error:
            yield Malformed(f"{listed}, line {number}", str(error))


def read_entries(tree: Tree, name: str) -> Iterator[tuple[int, str, str]]:
    """The number of each line, its first word, and what follows; nothing of a list that is not there."""
    for number, line in enumerate(tree.lines(name) if name in tree else (), 1):
        key, *value = line.split(maxsplit=1) or [""]
        if key:
            yield number, key, "".join(value).strip()


def parse_segment(entry: str) -> tuple[str, Part]:
    """The recording of a segment and the part of it, as extract-segments of Kaldi takes them.

    An end of -1 is that of the recording. A channel may follow, counted from 0.
    """
    recording, *rest = entry.split()
    if len(rest) not in (2, 3):
        raise ValueError(f"{entry!r}: expected a recording, a beginning and an end in seconds")
    start, end, *channels = rest
    row = {"start": start} | ({"channel": channels[0]} if channels else {})
    if not TO_THE_END.fullmatch(end):
        row["end"] = end
    return recording, read_part(row)


def find_file(entry: str, tree: Tree, folder: PurePosixPath) -> tuple[str, int | None]:
    """The file of an entry of wav.scp, of an archive with a place in it, and its channel, None for all."""
    path, channel = parse_command(entry) if entry.endswith("|") else (entry, None)
    ark = ARK.fullmatch(path)
    found = look_for(ark[1] if ark else path, tree, folder)
    return f"{found}:{ark[2]}" if ark else found, channel


def look_for(path: str, tree: Tree, folder: PurePosixPath) -> str:
    """A path from the data folder on, from the tree on, or from where the command is run, as Kaldi takes it."""
    beside = f"{folder / path}"
    if beside in tree:
        return beside
    if path not in tree and not path.startswith("/") and Path(path).is_file():
        path = str(Path(path).absolute())
    return path


def file_in_ark(tree: Tree, place: str) -> File:
    """The recording at a place in an archive, as kaldiio writes it for ESPnet; ValueError where there is none."""
    ark, _, place_in_ark = place.rpartition(":")
    file, offset = File(ark) if ark.startswith("/") else tree.file(ark), int(place_in_ark)
    if file.size is not None:
        raise ValueError(f"{ark} is an archive of Kaldi in another one, which is not read: unpack that")
    with open(file.path, "rb") as content:
        content.seek(offset)
        head = content.read(16)
        length = content.seek(0, os.SEEK_END)
    if head.startswith(b"RIFF"):
        size = 8 + int.from_bytes(head[4:8], "little")
    elif head.startswith(b"AUDIO"):
        start = 6 + head[5]
        offset, size = offset + start, int.from_bytes(head[6:start], "little")
    else:
        raise ValueError(f"{place} is no recording in an archive of Kaldi: expected one as kaldiio writes it")
    if offset + size > length:
        raise ValueError(f"{ark} ends within the recording at {place_in_ark}: copy it again")
    return File(file.path, offset, size)


def parse_command(command: str) -> tuple[str, int | None]:
    """The file and the channel that a command unpacks; ValueError for one that may do anything else."""
    *words, path = shlex.split(command.removesuffix("|")) or [""]
    program, options, channel = Path(words[0]).name if words else "", words[1:], None
    if program == "sph2pipe" and "-c" in options:
        at = options.index("-c")
        # It counts from 1; any other word is left, and refused.
        channel = {"1": 0, "2": 1}.get("".join(options[at + 1 : at + 2]))
        options = options[:at] + options[at + 2 :] if channel is not None else options
    if program not in UNPACKING or not set(options) <= UNPACKING[program]:
        raise ValueError(f"{command!r} is a command, which is not run: write what it gives to a file")
    return path, channel
