"""Files of torch.save, read as data: nothing in them is executed, and tensors are read one at a time."""

import io
import pickle
import pickletools
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from math import prod
from typing import Any, BinaryIO, NamedTuple

import torch
from torch import Tensor

# What torch.save writes for plain containers and tensors (pickle's protocol 2). The scan before loading keeps to these
# because C's unpickler allocates what other codes ask for, such as the gigabytes of a memo with one high index.
OPCODES = frozenset(
    "PROTO STOP MARK GLOBAL REDUCE BUILD BINPERSID EMPTY_DICT EMPTY_LIST EMPTY_TUPLE EMPTY_SET TUPLE TUPLE1 TUPLE2 TUPLE3 "
    "SETITEM SETITEMS APPEND APPENDS NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 BINFLOAT BINUNICODE BINGET "
    "LONG_BINGET BINPUT LONG_BINPUT".split()
)
DTYPES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}
BLOCK = 1 << 20
# What a damaged or crafted pickle can raise while it is read; all of it means that the file is not what it should be.
DAMAGE = (pickle.UnpicklingError, EOFError, ValueError, TypeError, LookupError, AttributeError, OverflowError)


class Storage(NamedTuple):
    record: str
    dtype: torch.dtype
    numel: int


class Stored(NamedTuple):
    """A tensor that still lies in its file."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


class TorchFile:
    """`contents` is what was saved, with a `Stored` in the place of each tensor; `tensor` reads one."""

    def __init__(self, file: BinaryIO, *, name: str):
        self.name = name
        try:
            self.zip = zipfile.ZipFile(file)
            # All records lie in one folder, named after the file that torch.save wrote.
            (pickled,) = [info for info in self.zip.infolist() if info.filename.count("/") == 1 and info.filename.endswith("/data.pkl")]
            self.folder = pickled.filename.removesuffix("data.pkl")
            self.require_little_endian()
            self.contents = unpickled(self.record(pickled.filename))
        except (*DAMAGE, zipfile.BadZipFile, NotImplementedError) as error:
            raise ValueError(f"{name} is not a whole checkpoint of torch.save, or holds more than data: {reason(error)}") from error

    def tensor(self, stored: Stored) -> Tensor:
        """The tensor in memory of its own, checked against the file's CRC."""
        flat = torch.empty(stored.storage.numel, dtype=stored.storage.dtype)
        try:
            with self.zip.open(self.stored(stored.storage.record)) as record:
                fill(memoryview(flat.view(torch.uint8).numpy()), record)
        except (zipfile.BadZipFile, EOFError, KeyError, ValueError) as error:
            raise ValueError(f"{self.name}: tensor record {stored.storage.record} is damaged: {reason(error)}") from error
        if stored.offset == 0 and stored.stride == contiguous(stored.shape) and len(flat) == prod(stored.shape):
            return flat.view(stored.shape)
        return flat.as_strided(stored.shape, stored.stride, stored.offset).contiguous()

    def record(self, name: str) -> bytes:
        with self.zip.open(self.stored(name)) as record:
            return record.read()

    def stored(self, name: str) -> zipfile.ZipInfo:
        info = self.zip.getinfo(name if name.startswith(self.folder) else self.folder + name)
        if info.compress_type != zipfile.ZIP_STORED:
            raise ValueError(f"record {info.filename} is compressed, which torch.save never does")
        return info

    def require_little_endian(self) -> None:
        if f"{self.folder}byteorder" in self.zip.namelist() and self.record("byteorder") != b"little":
            raise ValueError("its byte order is not little-endian")


def unpickled(data: bytes) -> Any:
    scan(data)
    return Reader(io.BytesIO(data)).load()


def scan(data: bytes) -> None:
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name not in OPCODES:
            raise ValueError(f"pickle instruction {opcode.name}")
        if opcode.name == "LONG_BINPUT" and argument > len(data):
            raise ValueError("a memo with more entries than the pickle has bytes")


class Reader(pickle.Unpickler):
    """Builds plain containers and `Stored`; any other name in the pickle ends the reading."""

    def find_class(self, module: str, name: str) -> Any:
        # Made anew for every reader, so that nothing a pickle does to one of them outlives the reading.
        known = {
            "collections.OrderedDict": OrderedDict,
            "torch._utils._rebuild_tensor_v2": lambda storage, offset, shape, stride, *_: checked(storage, offset, shape, stride),
            "torch._utils._rebuild_parameter": lambda stored, *_: stored,
            "torch.Size": lambda shape: tuple(shape),
        } | {f"torch.{storage}": dtype for storage, dtype in DTYPES.items()}
        if f"{module}.{name}" not in known:
            raise ValueError(f"it names {module}.{name}")
        return known[f"{module}.{name}"]

    def persistent_load(self, pid: Any) -> Storage:
        _, dtype, key, _, numel = pid
        if not (isinstance(dtype, torch.dtype) and isinstance(key, str) and isinstance(numel, int) and numel >= 0):
            raise ValueError("a storage without type, name or size")
        return Storage(f"data/{key}", dtype, numel)


def checked(storage: Any, offset: Any, shape: Any, stride: Any) -> Stored:
    """A tensor that lies inside its storage and is not larger than it."""
    stored = Stored(storage, offset, tuple(shape), tuple(stride))
    sizes = (offset, *stored.shape, *stored.stride)
    if not isinstance(storage, Storage) or not all(isinstance(size, int) and size >= 0 for size in sizes):
        raise ValueError("a tensor without storage or shape")
    reach = offset + sum((size - 1) * step for size, step in zip(stored.shape, stored.stride, strict=True)) + 1
    if prod(stored.shape) > storage.numel or (prod(stored.shape) and reach > storage.numel):
        raise ValueError(f"a tensor {stored.shape} that reaches beyond its storage")
    return stored


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
