"""Files of torch.save: their tensors are read one at a time, and nothing in them is executed."""

import io
import os
import zipfile
from collections.abc import Iterator, Mapping
from pickle import UnpicklingError
from typing import IO, Any

import torch
from torch import Tensor

from lfsc.io.messages import first_line
from lfsc.io.plain_pickle import check_plain

BLOCK = 1 << 20
ENCRYPTED = 1
# The most of a pickle in any file; larger files may have more. A tensor takes some thirty.
INSTRUCTIONS = 1 << 19
BYTES_PER_INSTRUCTION = 32
# What a damaged or crafted file can raise while it is read; all of it means that the file is not what it should be.
# zipfile's NotImplementedError is for versions of the format and for flags that it does not know.
DAMAGE = (
    *(zipfile.BadZipFile, NotImplementedError, UnpicklingError, EOFError, RuntimeError),
    *(ValueError, TypeError, LookupError, AttributeError, OverflowError),
)


class DamagedFile(ValueError):
    """A file of torch.save that is not whole, or holds more than data."""


class TorchFile:
    """`contents` is what was saved, with a tensor on the meta device in place of each; `tensor` reads one.

    torch.load(mmap=True) would map a whole checkpoint at once; but it can read none inside an archive of NeMo's, finds
    no flipped bit, and takes a zip archive as it comes, however much its records overlap or expand.
    """

    def __init__(self, file: IO[bytes], *, name: str):
        self.name = name
        try:
            self.zip = zipfile.ZipFile(file)
            check_records(self.zip, size=file.seek(0, os.SEEK_END))
            # All records lie in one folder, named after the file that torch.save wrote.
            names = self.zip.namelist()
            (pickled,) = [name for name in names if name.count("/") == 1 and name.endswith("/data.pkl")]
            self.folder = pickled.removesuffix("data.pkl")
            if f"{self.folder}byteorder" in names and self.read_record("byteorder") != b"little":
                raise ValueError("its byte order is not little-endian")
            self.contents, self.records = self.unpickle(self.read_record("data.pkl"))
        except DAMAGE as error:
            raise DamagedFile(
                f"{name} is not a whole checkpoint of torch.save, or holds more than data: {first_line(error)}"
            ) from error

    def read_record(self, name: str) -> bytes:
        return self.zip.read(self.folder + name)

    def unpickle(self, pickled: bytes) -> tuple[Any, dict[int, zipfile.ZipInfo]]:
        """What was saved, without tensors' memory, and the record of each storage by the offset that torch gives it."""
        size = sum(info.file_size for info in self.zip.infolist())
        keys = check_plain(pickled, most_instructions=max(INSTRUCTIONS, size // BYTES_PER_INSTRUCTION))
        # torch reads an archive of ours, with the pickle and empty records: it never reads tensors for the meta device.
        outline = io.BytesIO()
        records: dict[int, zipfile.ZipInfo] = {}
        with zipfile.ZipFile(outline, "w") as zip:
            for name, content in {"data.pkl": pickled, "version": b"3\n"}.items():
                zip.writestr(f"archive/{name}", content)
            for key in sorted(keys):
                record, empty = self.zip.getinfo(f"{self.folder}data/{key}"), zipfile.ZipInfo(f"archive/data/{key}")
                zip.writestr(empty, b"")
                records[empty.header_offset + len(empty.FileHeader())] = record
        outline.seek(0)
        return torch.load(outline, weights_only=True, map_location="meta"), records

    def find_record(self, saved: Tensor) -> zipfile.ZipInfo:
        """The record that holds a tensor of `contents`."""
        offset = saved.untyped_storage()._checkpoint_offset
        assert offset is not None  # torch has set it, as the tensor was loaded
        return self.records[offset]

    def read_tensor(self, saved: Tensor) -> Tensor:
        """A tensor of `contents` in memory of its own, checked against the file's CRC."""
        info = self.find_record(saved)
        try:
            check_inside(saved, info.file_size)
            flat = torch.empty(info.file_size // saved.itemsize, dtype=saved.dtype)
            with self.zip.open(info) as record:
                fill(flat.view(torch.uint8).numpy().data, record)
        except DAMAGE as error:
            raise DamagedFile(
                f"{self.name}: tensor record {info.filename.removeprefix(self.folder)} is damaged: {first_line(error)}"
            ) from error
        return flat.as_strided(saved.shape, saved.stride(), saved.storage_offset()).contiguous()


def check_records(zip: zipfile.ZipFile, *, size: int) -> None:
    """ValueError for records that torch.save would not write, or that together are larger than their file."""
    for info in zip.infolist():
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & ENCRYPTED:
            raise ValueError(f"record {info.filename} is compressed or encrypted, which torch.save never does")
    if (total := sum(info.file_size for info in zip.infolist())) > size:
        raise ValueError(f"records of {total} bytes in a file of {size} bytes")


def check_inside(saved: Tensor, num_bytes: int) -> None:
    """ValueError for a tensor that is larger than its storage or reaches beyond it, or a storage of another size."""
    steps = zip(saved.shape, saved.stride(), strict=True)
    reach = saved.storage_offset() + sum((size - 1) * step for size, step in steps) + 1
    if saved.numel() and max(saved.numel(), reach) * saved.itemsize > num_bytes:
        raise ValueError(f"a tensor {list(saved.shape)} that reaches beyond its storage of {num_bytes} bytes")
    if saved.untyped_storage().nbytes() != num_bytes:
        raise ValueError(f"{num_bytes} bytes for a storage of {saved.untyped_storage().nbytes()}")


def fill(memory: memoryview, file: IO[bytes]) -> None:
    """Exactly as many bytes of `file` as `memory` takes; block by block, so that none is held twice."""
    done = 0
    while block := file.read(BLOCK):
        memory[done : done + len(block)] = block
        done += len(block)
    if done != len(memory):
        raise ValueError(f"{done} of {len(memory)} bytes")


class Weights(Mapping[str, Tensor]):
    """Tensors of a file by name, each read when it is asked for."""

    def __init__(self, file: TorchFile, saved: Any):
        if not isinstance(saved, dict) or not all(
            isinstance(name, str) and isinstance(tensor, Tensor) for name, tensor in saved.items()
        ):
            raise ValueError(f"{file.name} holds no state dict where one belongs")
        self.file = file
        self.saved = saved

    def __getitem__(self, name: str) -> Tensor:
        return self.file.read_tensor(self.saved[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self.saved)

    def __len__(self) -> int:
        return len(self.saved)

    def shape(self, name: str) -> tuple[int, ...]:
        return tuple(self.saved[name].shape)

    def rename(self, names: Mapping[str, str]) -> "Weights":
        """The tensors of `names` (new: old) under their new names."""
        records = {self.file.find_record(self.saved[old]).filename for old in names.values()}
        if len(records) < len(names):
            # One small record under many names would fill the memory.
            raise ValueError(f"{self.file.name} has {len(names)} tensors in {len(records)} storages: expected one each")
        return Weights(self.file, {new: self.saved[old] for new, old in names.items()})

    def below(self, prefix: str) -> "Weights":
        """The tensors whose names begin with `prefix`, without it."""
        return self.rename({name.removeprefix(prefix): name for name in self.saved if name.startswith(prefix)})
