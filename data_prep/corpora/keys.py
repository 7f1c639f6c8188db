"""Names that serve as keys in a tar and as folders."""

import hashlib
import re
import unicodedata
from pathlib import PurePath

# A tar name holds 100 bytes; suffixes and the numbers of pieces come on top.
LONGEST = 80


def key_of(path: str) -> str:
    """A key of ASCII letters, digits, `-` and single `_`, different for every path but for its suffix."""
    stem = PurePath(path).with_suffix("").as_posix()
    plain = to_word(stem)
    # Where letters had to be replaced, two paths could meet: the path's own digest keeps them apart.
    if plain == stem and len(plain) <= LONGEST:
        return plain
    return f"{plain[-LONGEST + 9 :].strip('_')}-{digest(path)}"


def label(name: str) -> str:
    """A language or a speaker as a plain name; names in other scripts stay apart."""
    # A letter with a mark is one character or two, depending on the system that wrote it; it is the same name.
    name = unicodedata.normalize("NFC", name)
    plain = to_word(name)
    if name.isascii() and len(plain) <= LONGEST:
        return plain or "unknown"
    return f"{plain[: LONGEST - 9]}-{digest(name)}".removeprefix("-")


def digest(name: str) -> str:
    return hashlib.blake2b(name.encode(errors="surrogateescape"), digest_size=4).hexdigest()


def to_word(name: str) -> str:
    # Two underscores would begin a name that energon skips.
    return re.sub(r"[^A-Za-z0-9-]+", "_", name).strip("_")
