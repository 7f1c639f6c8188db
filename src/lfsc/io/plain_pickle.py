"""Pickles of torch.save, read as data: plain containers and the places of tensors; nothing in them is executed."""

import io
import pickle
import pickletools
from collections import OrderedDict
from math import prod
from typing import Any, NamedTuple

import torch

# What torch.save writes for plain containers and tensors (pickle's protocol 2). The scan before loading keeps to these
# because C's unpickler allocates what other codes ask for, such as the gigabytes of a memo with one high index.
OPCODES = frozenset(
    {"PROTO", "STOP", "MARK", "GLOBAL", "REDUCE", "BUILD", "BINPERSID"}
    | {"EMPTY_DICT", "EMPTY_LIST", "EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"}
    | {"SETITEM", "SETITEMS", "APPEND", "APPENDS", "BINGET", "LONG_BINGET", "BINPUT", "LONG_BINPUT"}
    | {"NONE", "NEWTRUE", "NEWFALSE", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE"}
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
MOST_DIMENSIONS = 16
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


def unpickled(data: bytes) -> Any:
    scan(data)
    return Reader(data).load()


def scan(data: bytes) -> None:
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name not in OPCODES:
            raise ValueError(f"pickle instruction {opcode.name}")
        if opcode.name == "LONG_BINPUT" and argument > len(data):
            raise ValueError("a memo with more entries than the pickle has bytes")


class Reader(pickle.Unpickler):
    """Builds plain containers and `Stored`; any other name in the pickle ends the reading."""

    def __init__(self, data: bytes):
        super().__init__(io.BytesIO(data))
        self.spare = len(data)

    def find_class(self, module: str, name: str) -> Any:
        # Made anew each time, so that nothing that a pickle does to one of them outlives the reading. They take no more
        # than torch.save gives them: what one short instruction could multiply would fill the memory.
        known = {
            "collections.OrderedDict": lambda: OrderedDict(),
            "_codecs.encode": lambda text, encoding: self.encoded(text),
            "__builtin__.bytes": lambda: b"",
            "torch.Size": lambda shape: sizes(shape),
            "torch._utils._rebuild_tensor_v2": lambda *tensor: located(*tensor[:4]),
            "torch._utils._rebuild_parameter": lambda tensor, *_: tensor,
        } | {f"torch.{storage}": dtype for storage, dtype in DTYPES.items()}
        if f"{module}.{name}" not in known:
            raise ValueError(f"it names {module}.{name}")
        return known[f"{module}.{name}"]

    def encoded(self, text: str) -> bytes:
        """Bytes as protocol 2 spells them."""
        self.spare -= len(text)
        if self.spare < 0:
            raise ValueError("more bytes than the pickle has")
        return text.encode("latin1")

    def persistent_load(self, pid: Any) -> Storage:
        _, dtype, key, _, numel = pid
        if not (isinstance(dtype, torch.dtype) and isinstance(key, str) and isinstance(numel, int) and numel >= 0):
            raise ValueError("a storage without type, name or size")
        return Storage(f"data/{key}", dtype, numel)


def located(storage: Any, offset: Any, shape: Any, stride: Any) -> Stored:
    """A tensor that lies inside its storage and is not larger than it."""
    stored = Stored(storage, offset, sizes(shape), sizes(stride))
    if not isinstance(storage, Storage) or not isinstance(offset, int) or offset < 0:
        raise ValueError("a tensor without storage")
    reach = offset + sum((size - 1) * step for size, step in zip(stored.shape, stored.stride, strict=True)) + 1
    if prod(stored.shape) > storage.numel or (prod(stored.shape) and reach > storage.numel):
        raise ValueError(f"a tensor {stored.shape} that reaches beyond its storage")
    return stored


def sizes(values: Any) -> tuple[int, ...]:
    if not isinstance(values, tuple) or len(values) > MOST_DIMENSIONS:
        raise ValueError("a tensor without a shape")
    if not all(isinstance(value, int) and value >= 0 for value in values):
        raise ValueError("a tensor of a negative size")
    return values
