"""Weights of another training as the beginning of a new one."""

from collections.abc import Iterator, Mapping
from os import PathLike
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lfsc.config.instantiate import KNOWN, targets_of
from lfsc.config.values import brief
from lfsc.discriminators.ensemble import Ensemble
from lfsc.formats.config_checks import check_codec
from lfsc.formats.resolve import resolve
from lfsc.formats.skeleton import LazyTensors, convert, require_same
from lfsc.formats.source import Source
from lfsc.models.codec import Codec

# In the names of discriminators' tensors until there were versions.
OLDER_NAME = ".judge."


class Part(NamedTuple):
    """How much of one part of a model came from elsewhere, in tensors."""

    name: str
    loaded: int
    missing: int = 0  # that the source lacks: they begin anew
    left_over: int = 0  # that only the source has

    def __str__(self) -> str:
        return f"{self.name}: {self.loaded} tensors loaded, {self.missing} missing, {self.left_over} left over"


class Below:
    """The tensors of `weights` below a name."""

    def __init__(self, weights: LazyTensors, name: str):
        self.weights = weights
        self.prefix = f"{name}."

    def __iter__(self) -> Iterator[str]:
        return (name.removeprefix(self.prefix) for name in self.weights if name.startswith(self.prefix))

    def __getitem__(self, name: str) -> Tensor:
        return self.weights[self.prefix + name]

    def shape(self, name: str) -> tuple[int, ...]:
        return self.weights.shape(self.prefix + name)


def initialize_from(
    source: str | PathLike, *, codec: Codec, discriminators: Ensemble | None, config: Mapping[str, Any]
) -> list[Part]:
    """Load `codec`, and the families of `discriminators` that the source has, in place; say what became of each part.

    `source` is whatever `lfsc.load` takes, `config` the run's configuration. ValueError where a part that both have
    differs in anything but the frozen language model's place, with nothing changed.
    """
    # Classes of the user's own that this run is built of may be the source's too.
    trusted = set(targets_of(config)) - KNOWN
    with resolve(source, trusted=trusted) as found:
        if not found.weight_norm:
            raise ValueError("its weight norm was removed, so that it cannot train: export it again with weight norm")
        require_equal(found.codec, check_codec(config["codec"], trusted=trusted), "codec")
        weights = found.codec_weights()
        require_same(codec.state_dict(), weights)
        families = [] if discriminators is None else match_families(found, discriminators, config)
        parts = [copy_weights(module, Below(weights, name), name) for name, module in codec.named_children()]
        return [*parts, *(copy_family(*family) for family in families)]


def match_families(found: Source, discriminators: Ensemble, config: Mapping[str, Any]) -> list[tuple]:
    """Name, module and tensors of every family of either side, checked; None where a side has none."""
    theirs = found.discriminators() or {}
    weights = found.discriminator_weights() if theirs else None
    if weights is not None and any(OLDER_NAME in name for name in weights):
        raise ValueError(
            "its discriminators were saved by an older lfsc, under other names: `lfsc export` makes a bundle of its "
            "codec alone; init_from that, and new discriminators learn"
        )
    ours = dict(discriminators.families.items())
    families = []
    for name in dict.fromkeys([*ours, *(key for key in theirs if key != "_target_")]):
        module = ours.get(name)
        tensors = Below(weights, f"families.{name}") if weights is not None and name in theirs else None
        if module is not None and tensors is not None:
            require_equal(
                without_slm(theirs[name]), without_slm(config["discriminators"][name]), f"discriminators.{name}"
            )
            require_same(module.state_dict(), tensors)
        families.append((name, module, tensors))
    return families


def copy_family(name: str, module: nn.Module | None, tensors: Below | None) -> Part:
    if module is None:
        return Part(f"discriminators.{name}", 0, left_over=len(list(tensors or ())))
    if tensors is None:
        return Part(f"discriminators.{name}", 0, missing=len(module.state_dict()))
    return copy_weights(module, tensors, f"discriminators.{name}")


@torch.no_grad()
def copy_weights(module: nn.Module, weights: Below, name: str) -> Part:
    state = module.state_dict()
    for key, tensor in state.items():
        tensor.copy_(convert(weights[key], tensor.dtype, f"{name}.{key}"))
    return Part(name, len(state))


def without_slm(family: Any) -> Any:
    """What a family of discriminators learns with; where its frozen model lies does not matter."""
    return {key: value for key, value in family.items() if key != "slm"} if isinstance(family, Mapping) else family


def require_equal(theirs: Any, ours: Any, name: str) -> None:
    """ValueError with the first key in which two configurations differ."""
    if isinstance(theirs, Mapping) and isinstance(ours, Mapping):
        for key in dict.fromkeys([*ours, *theirs]):
            require_equal(theirs.get(key), ours.get(key), f"{name}.{key}")
    elif plain(theirs) != plain(ours):
        raise ValueError(
            f"{name} is {shown(theirs)} there and {shown(ours)} in this run: {ADVICE.get(name, OTHERWISE)}"
        )


ADVICE = {
    "codec.sample_rate": "weights for one sample rate cannot go on with audio of another; prepare the data at the "
    "weights' rate, or train this run from the beginning"
}
OTHERWISE = "choose the recipe that the weights were made with, or give that key their value"


def plain(value: Any) -> Any:
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def shown(value: Any) -> str:
    return str(plain(value))[:60] if isinstance(value, list | tuple) else brief(value)
