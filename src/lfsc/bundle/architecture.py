"""The codec that a configuration from elsewhere describes: checked value by value, built without memory, then filled."""

from collections.abc import Mapping
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from lfsc.configs import build
from lfsc.models.codec import Codec
from lfsc.models.folding import fold_weights

GENERATOR = {
    "channels": int,
    "rates": list,
    "latent_dim": int,
    "kernel_sizes": list,
    "dilations": list,
    "in_kernel_size": int,
    "out_kernel_size": int,
}
PARTS = {
    "encoder": ("lfsc.models.encoder.Encoder", GENERATOR),
    "quantizer": ("lfsc.models.quantizer.GroupedFSQ", {"num_codebooks": int, "levels": list}),
    "decoder": ("lfsc.models.decoder.Decoder", GENERATOR),
}
CODEC = "lfsc.models.codec.Codec"
# No codec comes near these; without them a file of a few bytes could ask for hours and gigabytes.
LARGEST = 1 << 20
LONGEST = 16


class LazyTensors(Protocol):
    """Tensors by name, whose shapes are known before they are read."""

    def __iter__(self): ...
    def __getitem__(self, name: str) -> Tensor: ...
    def shape(self, name: str) -> tuple[int, ...]: ...


def checked_codec(config: Any) -> dict:
    """The configuration of a codec if it is one of ours and nothing else; ValueError with the key otherwise."""
    require_keys(config, "codec", CODEC, ("sample_rate", *PARTS))
    checked = {"_target_": CODEC, "sample_rate": number(config["sample_rate"], "codec.sample_rate")}
    for part, (target, keys) in PARTS.items():
        require_keys(config[part], f"codec.{part}", target, keys)
        values = {key: CHECKS[kind](config[part][key], f"codec.{part}.{key}") for key, kind in keys.items()}
        checked[part] = {"_target_": target} | values
    return checked


def require_keys(config: Any, name: str, target: str, keys) -> None:
    if not isinstance(config, Mapping):
        raise ValueError(f"{name} is {brief(config)}: expected a section of keys")
    if config.get("_target_") != target:
        raise ValueError(f"{name}._target_ is {brief(config.get('_target_'))}: only {target} may stand there")
    if missing := [key for key in keys if key not in config]:
        raise ValueError(f"{name} lacks {', '.join(missing)}")
    if unknown := [key for key in config if key not in (*keys, "_target_")]:
        raise ValueError(f"{name} has {brief(unknown[0])}, which no codec has")


def number(value: Any, name: str) -> int:
    if type(value) is not int or not 1 <= value <= LARGEST:
        raise ValueError(f"{name} is {brief(value)}: expected a whole number from 1 to {LARGEST}")
    return value


def numbers(value: Any, name: str) -> list[int]:
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= LONGEST:
        raise ValueError(f"{name} is {brief(value)}: expected 1 to {LONGEST} whole numbers")
    return [number(item, name) for item in value]


CHECKS = {int: number, list: numbers}


def brief(value: Any) -> str:
    """A value as a message shows it; what comes from elsewhere may be of any length and depth."""
    return repr(value)[:60] if isinstance(value, str | int | float | bool | None) else f"a {type(value).__name__}"


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
