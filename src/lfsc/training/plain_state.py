"""What a checkpoint can hold: lfsc reads nothing else back, so that no checkpoint can run code."""

from collections import OrderedDict
from collections.abc import Mapping
from types import NoneType
from typing import Any

import torch
from torch import Tensor

from lfsc.io.plain_pickle import LARGEST_KEY

SCALARS = (NoneType, bool, int, float, str, bytes)
FLOATS = (torch.float64, torch.float32, torch.float16, torch.bfloat16)
DTYPES = (*FLOATS, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool)
EXPECTED = "a checkpoint holds tensors, numbers, texts, and lists and dicts of them"


def find_foreign(value: Any, where: str) -> str | None:
    """The first place in `value` that no checkpoint can hold, and what is there; None where all is plain."""
    kind = type(value)
    if kind in SCALARS or (isinstance(value, Tensor) and value.dtype in DTYPES):
        return None
    if kind in (dict, OrderedDict):
        return find_foreign_entry(value, where)
    if kind in (list, tuple, torch.Size):
        found = (find_foreign(each, f"{where}[{number}]") for number, each in enumerate(value))
        return next(filter(None, found), None)
    return f"{where} is a {f'tensor of {value.dtype}' if isinstance(value, Tensor) else kind.__name__}"


def find_foreign_entry(section: Mapping, where: str) -> str | None:
    for key, value in section.items():
        if type(key) is not str and not (type(key) is int and abs(key) < LARGEST_KEY):
            return f"{where} has the key {key!r}, which is a {type(key).__name__}"
        if found := find_foreign(value, f"{where}[{key!r}]"):
            return found
    return None
