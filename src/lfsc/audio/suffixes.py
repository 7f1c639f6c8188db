"""How files of recordings end, wherever such files are looked for."""

from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath

SUFFIXES = (
    ".wav", ".wave", ".bwf", ".w64", ".rf64", ".bw64", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".mp2", ".mp1",
    ".mpga", ".aiff", ".aif", ".aifc", ".au", ".snd", ".caf", ".sph", ".nist",
)  # fmt: skip
LOSSY = (".ogg", ".oga", ".opus", ".mp3", ".mp2", ".mp1", ".mpga")
# Audio that libsndfile does not decode, and video that may hold it.
NOT_READ = (
    ".m4a", ".m4b", ".mp4", ".aac", ".alac", ".webm", ".weba", ".mka", ".mkv", ".mov", ".avi", ".wma", ".asf", ".amr",
    ".awb", ".3gp", ".3ga", ".3g2", ".ape", ".wv", ".tta", ".tak", ".spx", ".ra", ".rm", ".ram", ".mpc", ".mpeg",
    ".ac3", ".eac3", ".dts", ".gsm", ".shn", ".dsf", ".dff", ".adts", ".adpcm", ".voc", ".vox", ".raw", ".pcm", ".sds",
    ".sd2", ".8svx", ".iff", ".ogx", ".ogv", ".qcp", ".g722", ".g729", ".m4r", ".m4p", ".m4v", ".f4v", ".flv", ".mpg",
    ".vob", ".wmv", ".m2ts", ".aax", ".ofr", ".ul", ".ulaw", ".al", ".alaw", ".wav.gz", ".flac.gz", ".sph.gz",
)  # fmt: skip


def is_recording(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)


def without_suffix(name: str) -> str:
    """A recording's name, or path, without its suffix, or without both of TIMIT's SA1.WAV.wav."""
    stem = name.rpartition(".")[0]
    return without_suffix(stem) if stem and stem[-1] != "/" and is_recording(name) else name


def sample_keys(recordings: Iterable[str]) -> dict[str, str]:
    """What WebDataset names a recording by, up to the first dot of its file's name, by the recording without suffix.

    Only where that is another name, and of no other recording: a.json is of a.speech.flac.
    """
    stems = {without_suffix(name) for name in recordings}
    keys = {stem: f"{stem[: stem.rfind('/') + 1]}{PurePosixPath(stem).name.partition('.')[0]}" for stem in stems}
    counts = Counter(keys.values())
    return {stem: key for stem, key in keys.items() if key != stem and counts[key] == 1}


def is_hidden(name: str) -> bool:
    """Whether a file, or a folder that it is in, is not to be seen: its name begins with a dot.

    So do what macOS leaves beside files, checkpoints of notebooks, and what was thrown away.
    """
    return any(part.startswith(".") and part != ".." for part in PurePosixPath(name).parts)


def describe_not_read(names: Iterable[str]) -> str | None:
    """How many of the files are audio of a kind that is not read, by suffix and with an example; None for none."""
    found = [name for name in names if name.lower().endswith(NOT_READ) and not is_hidden(name)]
    if not found:
        return None
    counts = Counter(PurePosixPath(name).suffix.lower() for name in found)
    kinds = ", ".join(f"{count} {suffix}" for suffix, count in sorted(counts.items()))
    files = "1 file of audio is" if len(found) == 1 else f"{len(found)} files of audio are"
    return f"{files} not read ({kinds}), such as {found[0]}: convert them to .flac or .wav"
