"""The codec of a configuration, built without memory and then given its tensors."""

from collections.abc import Iterator, Mapping
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from lfsc.config.instantiate import KNOWN, build
from lfsc.io.messages import say_count
from lfsc.models.codec import Codec
from lfsc.nn.weight_norm import remove_weight_norm

# 4 GB of float32, ten times the paper's codec.
MOST_PARAMETERS = 1 << 30
ON_META = ("encoder", "decoder")


class Tensors(Protocol):
    """Tensors by name, each made when it is asked for."""

    def __iter__(self) -> Iterator[str]: ...
    def __getitem__(self, name: str, /) -> Tensor: ...


class LazyTensors(Tensors, Protocol):
    """Tensors by name, whose shapes are known before they are read."""

    def shape(self, name: str) -> tuple[int, ...]: ...


def build_on_meta(config: dict, *, weight_norm: bool = True) -> Codec:
    """The codec of a checked configuration, whose encoder and decoder have shapes and no memory yet.

    ValueError for what cannot be a codec or has too many parameters. The quantizer, and parts of somebody's own, which
    may hold constants, are built as they are.
    """
    parts = {name: part for name, part in config.items() if isinstance(part, Mapping)}
    built = {name: build_part(name, part) for name, part in parts.items()}
    codec = build({key: value for key, value in config.items() if key not in parts} | {"_partial_": True})(**built)
    if not weight_norm:
        with ShapesOnly():
            remove_weight_norm(codec)
    return codec


def build_part(name: str, config: Mapping) -> nn.Module:
    where, is_own = f"codec.{name}", config["_target_"] not in KNOWN
    if not is_own and name not in ON_META:
        return build(config, where=where)
    try:
        with torch.device("meta"), ShapesOnly():
            module = build(config, where=where)
    except ValueError:
        if not is_own:
            raise
        # A class that cannot be built without memory is trusted not to ask for too much.
        return build(config, where=where)
    if (count := sum(parameter.numel() for parameter in module.parameters())) > MOST_PARAMETERS:
        raise ValueError(f"{where} has {count:,} parameters, which are too many: expected up to {MOST_PARAMETERS:,}")
    return build(config, where=where) if is_own else module


class ShapesOnly(TorchFunctionMode):
    """Weight norm without its arithmetic: for meta tensors torch would import its compiler, which takes seconds."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if function is torch.norm_except_dim:
            weight, _, dim = args
            return weight.new_empty([size if axis == dim else 1 for axis, size in enumerate(weight.shape)])
        if function is torch._weight_norm:
            return torch.empty_like(args[0])
        return function(*args, **(kwargs or {}))


def load_weights(module: nn.Module, weights: LazyTensors) -> None:
    """Give every parameter of `module` its tensor, read one at a time; all names and shapes must agree."""
    expected = module.state_dict()
    require_same(expected, weights)
    # Assigned, not copied: the tensors that were read become the parameters.
    read = {name: convert(weights[name], tensor.dtype, name) for name, tensor in expected.items()}
    module.load_state_dict(read, strict=True, assign=True)


def convert(tensor: Tensor, dtype: torch.dtype, name: str) -> Tensor:
    """The tensor in another precision; ValueError for what no weights are.

    That is integers, numbers of a byte, and NaN or infinity, of which an encoder would make tokens without a word.
    """
    if tensor.dtype != dtype and not (tensor.is_floating_point() and dtype.is_floating_point and tensor.itemsize > 1):
        raise ValueError(f"{name} is of {tensor.dtype}: expected {dtype}, or floating point of another precision")
    converted = tensor.to(dtype)
    if dtype.is_floating_point and converted.numel() and not torch.stack(converted.aminmax()).isfinite().all():
        raise ValueError(f"{name} holds NaN or infinity: take a checkpoint from before its training failed")
    return converted


def require_same(expected: Mapping[str, Tensor], weights: LazyTensors) -> None:
    found = set(weights)
    if missing := [name for name in expected if name not in found]:
        raise ValueError(f"{len(missing)} of {len(expected)} tensors are missing, the first is {missing[0]}")
    if unexpected := sorted(found - set(expected)):
        raise ValueError(f"{say_count(len(unexpected), 'tensor')} left over, the first is {unexpected[0]}")
    for name, tensor in expected.items():
        if weights.shape(name) != tuple(tensor.shape):
            raise ValueError(f"{name} is {list(weights.shape(name))}, its configuration says {list(tensor.shape)}")
