"""Files of torch.save as nobody honest writes them."""

import copy
import io
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import torch

MERSENNE = (1 << 61) - 1  # numbers that differ by it have one hash


class Runs:
    """Pickles to a call of a function."""

    def __init__(self, function: Callable, *arguments: object):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def trap(trace: Path) -> Runs:
    """What leaves a trace where it is unpickled."""
    return Runs(os.system, f"touch {trace}")


def saved(value: object) -> bytes:
    out = io.BytesIO()
    torch.save(value, out)
    return out.getvalue()


def rezipped(data: bytes, change: Callable[[str, bytes], bytes], **options) -> bytes:
    """The archive with each record as `change(name, bytes)` makes it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", **options) as target:
        for name in source.namelist():
            target.writestr(name, change(name, source.read(name)))
    return out.getvalue()


def with_pickle(pickled: bytes) -> bytes:
    return rezipped(saved(None), lambda name, record: pickled if name.endswith("data.pkl") else record)


def overlapping(data: bytes, times: int) -> bytes:
    """The archive, in whose directory its largest record stands `times` times, under other names."""
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a") as target:
        largest = max(target.infolist(), key=lambda info: info.file_size)
        for number in range(times):
            again = copy.copy(largest)
            again.filename = again.orig_filename = f"archive/data/{100 + number}"
            target.filelist.append(again)
            target.NameToInfo[again.filename] = again
        target._didModify = True
    return out.getvalue()


def claiming(data: bytes, size: int) -> bytes:
    """The archive, whose first record says in the directory that it has `size` bytes."""
    place = data.index(b"PK\1\2")
    return data[: place + 20] + struct.pack("<II", size, size) + data[place + 28 :]


def colliding(count: int) -> bytes:
    """A pickle of a dict whose keys all have the hash 7: loading it costs as much as `count` squared.

    Written by its instructions, as making the dict would cost that much, too.
    """
    keys = (pickle.encode_long(7 + factor * MERSENNE) for factor in range(count))
    items = b"".join(pickle.LONG1 + bytes([len(key)]) + key + pickle.NONE for key in keys)
    return pickle.PROTO + b"\2" + pickle.EMPTY_DICT + pickle.MARK + items + pickle.SETITEMS + pickle.STOP
