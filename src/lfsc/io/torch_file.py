"""Files of torch.save: their tensors are read one at a time, and nothing in them is executed."""

import os
import zipfile
from collections.abc import Iterator, Mapping
from math import prod
from typing import Any, BinaryIO

import torch
from torch import Tensor

from lfsc.io.plain_pickle import DAMAGE, Stored, unpickled

BLOCK = 1 << 20
ENCRYPTED = 1


class TorchFile:
    """`contents` is what was saved, with a `Stored` in the place of each tensor; `tensor` reads one."""

    def __init__(self, file: BinaryIO, *, name: str):
        self.name = name
        self.size = file.seek(0, os.SEEK_END)
        try:
            self.zip = zipfile.ZipFile(file)
            # All records lie in one folder, named after the file that torch.save wrote.
            (pickled,) = [
                info
                for info in self.zip.infolist()
                if info.filename.count("/") == 1 and info.filename.endswith("/data.pkl")
            ]
            self.folder = pickled.filename.removesuffix("data.pkl")
            self.require_little_endian()
            self.contents = unpickled(self.record(pickled.filename))
        # zipfile's NotImplementedError is for versions of the format, here and below for flags, that it does not know.
        except (*DAMAGE, zipfile.BadZipFile, NotImplementedError) as error:
            raise ValueError(
                f"{name} is not a whole checkpoint of torch.save, or holds more than data: {reason(error)}"
            ) from error

    def tensor(self, stored: Stored) -> Tensor:
        """The tensor in memory of its own, checked against the file's CRC."""
        try:
            info = self.stored(stored.storage.record)
            if info.file_size != stored.storage.numel * stored.storage.dtype.itemsize:
                raise ValueError(f"{info.file_size} bytes for {stored.storage.numel} numbers")
            flat = torch.empty(stored.storage.numel, dtype=stored.storage.dtype)
            with self.zip.open(info) as record:
                fill(memoryview(flat.view(torch.uint8).numpy()), record)
        except (zipfile.BadZipFile, NotImplementedError, EOFError, KeyError, ValueError) as error:
            raise ValueError(
                f"{self.name}: tensor record {stored.storage.record} is damaged: {reason(error)}"
            ) from error
        if stored.offset == 0 and stored.stride == contiguous(stored.shape) and len(flat) == prod(stored.shape):
            return flat.view(stored.shape)
        return flat.as_strided(stored.shape, stored.stride, stored.offset).contiguous()

    def record(self, name: str) -> bytes:
        with self.zip.open(self.stored(name)) as record:
            return record.read()

    def stored(self, name: str) -> zipfile.ZipInfo:
        info = self.zip.getinfo(name if name.startswith(self.folder) else self.folder + name)
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & ENCRYPTED:
            raise ValueError(f"record {info.filename} is compressed or encrypted, which torch.save never does")
        if not 0 <= info.header_offset <= self.size - info.file_size:
            raise ValueError(f"record {info.filename} lies outside a file of {self.size} bytes")
        return info

    def require_little_endian(self) -> None:
        if f"{self.folder}byteorder" in self.zip.namelist() and self.record("byteorder") != b"little":
            raise ValueError("its byte order is not little-endian")


def contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(prod(shape[i + 1 :]) for i in range(len(shape)))


def fill(memory: memoryview, file: BinaryIO) -> None:
    """Exactly as many bytes of `file` as `memory` takes; block by block, so that none is held twice."""
    done = 0
    while block := file.read(BLOCK):
        if done + len(block) > len(memory):
            raise ValueError(f"more than the {len(memory)} bytes of its tensor")
        memory[done : done + len(block)] = block
        done += len(block)
    if done != len(memory):
        raise ValueError(f"{done} of {len(memory)} bytes")


def reason(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


class Weights(Mapping[str, Tensor]):
    """Tensors of a file by name, each read when it is asked for."""

    def __init__(self, file: TorchFile, stored: Any):
        if not isinstance(stored, dict) or not all(isinstance(tensor, Stored) for tensor in stored.values()):
            raise ValueError(f"{file.name} holds no state dict where one belongs")
        self.file = file
        self.stored = stored

    def __getitem__(self, name: str) -> Tensor:
        return self.file.tensor(self.stored[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self.stored)

    def __len__(self) -> int:
        return len(self.stored)

    def shape(self, name: str) -> tuple[int, ...]:
        return self.stored[name].shape

    def renamed(self, names: Mapping[str, str]) -> "Weights":
        """The tensors of `names` (new: old) under their new names."""
        records = {self.stored[old].storage.record for old in names.values()}
        if len(records) < len(names):
            # One small record under many names would fill the memory.
            raise ValueError(f"{self.file.name} has {len(names)} tensors in {len(records)} storages: expected one each")
        return Weights(self.file, {new: self.stored[old] for new, old in names.items()})

    def below(self, prefix: str) -> "Weights":
        """The tensors whose names begin with `prefix`, without it."""
        return self.renamed({name.removeprefix(prefix): name for name in self.stored if name.startswith(prefix)})
