"""The codec of a configuration, built without memory and then filled with tensors."""

from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from lfsc.config.instantiate import build
from lfsc.models.codec import Codec
from lfsc.nn.weight_norm import fold_weights


class LazyTensors(Protocol):
    """Tensors by name, whose shapes are known before they are read."""

    def __iter__(self): ...
    def __getitem__(self, name: str) -> Tensor: ...
    def shape(self, name: str) -> tuple[int, ...]: ...


def skeleton(config: dict, *, folded: bool = False) -> Codec:
    """The codec of a checked configuration, whose encoder and decoder have shapes and no memory yet."""
    with torch.device("meta"), ShapesOnly():
        encoder, decoder = build(config["encoder"]), build(config["decoder"])
    codec = Codec(
        encoder=encoder, quantizer=build(config["quantizer"]), decoder=decoder, sample_rate=config["sample_rate"]
    )
    if folded:
        with ShapesOnly():
            fold_weights(codec)
    return codec


class ShapesOnly(TorchFunctionMode):
    """Weight norm without its arithmetic: for meta tensors torch would import its compiler, which takes seconds."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if function is torch.norm_except_dim:
            weight, _, dim = args
            return weight.new_empty([size if axis == dim else 1 for axis, size in enumerate(weight.shape)])
        if function is torch._weight_norm:
            return torch.empty_like(args[0])
        return function(*args, **(kwargs or {}))


def fill(module: nn.Module, weights: LazyTensors) -> None:
    """Give every parameter of `module` its tensor, read one at a time; all names and shapes must agree."""
    expected = module.state_dict()
    require_same(expected, weights)
    # Assigned, not copied: the tensors that were read become the parameters.
    read = {name: weights[name].to(tensor.dtype) for name, tensor in expected.items()}
    module.load_state_dict(read, strict=True, assign=True)


def require_same(expected: Mapping[str, Tensor], weights: LazyTensors) -> None:
    found = set(weights)
    if missing := [name for name in expected if name not in found]:
        raise ValueError(f"{len(missing)} of {len(expected)} tensors are missing, the first is {missing[0]}")
    if unexpected := sorted(found - set(expected)):
        raise ValueError(f"{len(unexpected)} tensors are left over, the first is {unexpected[0]}")
    for name, tensor in expected.items():
        if weights.shape(name) != tuple(tensor.shape):
            raise ValueError(f"{name} is {list(weights.shape(name))}, its configuration says {list(tensor.shape)}")
