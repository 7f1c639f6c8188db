"""Weights of another training as the beginning of a new one."""

import json
from collections.abc import Collection, Iterator, Mapping
from os import PathLike
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lfsc.config.instantiate import KNOWN, targets_of
from lfsc.config.overrides import as_override
from lfsc.discriminators.ensemble import Ensemble
from lfsc.formats.config_checks import check_codec
from lfsc.formats.resolve import resolve
from lfsc.formats.skeleton import LazyTensors, convert, require_same
from lfsc.formats.source import WITHOUT, Source
from lfsc.io.messages import say_count
from lfsc.models.codec import Codec

# In the names of discriminators' tensors until there were versions.
OLDER_NAME = ".judge."
# The value of a key that one side lacks.
ABSENT = object()
# What is set by another key.
KEYS = {"codec.sample_rate": "sample_rate"}
ADVICE = {
    "codec.sample_rate": "weights for one sample rate cannot go on with audio of another; prepare the data at the "
    "weights' rate, or train this run from the beginning"
}


class Part(NamedTuple):
    """How much of one part of a model came from elsewhere, in tensors."""

    name: str
    loaded: int
    missing: int = 0  # that the source lacks: they begin anew
    left_over: int = 0  # that only the source has

    def __str__(self) -> str:
        loaded = say_count(self.loaded, "tensor")
        return f"{self.name}: {loaded} loaded, {self.missing} missing, {self.left_over} left over"


class WeightsBelow:
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
    source: str | PathLike,
    *,
    codec: Codec,
    discriminators: Ensemble | None,
    config: Mapping[str, Any],
    trusted: Collection[str] = (),
) -> list[Part]:
    """Load `codec`, and the families of `discriminators` that the source has, in place; say what became of each part.

    `source` is whatever `lfsc.load` takes, of the classes of `trusted` modules as well, `config` the run's
    configuration. ValueError where a part that both have differs in anything but the frozen language model's place,
    with nothing changed, or has numbers that are not finite.
    """
    # Classes of the user's own that this run is built of may be the source's too.
    trusted = {*trusted, *targets_of(config)} - KNOWN
    with resolve(source, trusted=trusted) as found:
        if not found.weight_norm:
            raise ValueError("its weight norm was removed, so that it cannot train: export it again with weight norm")
        require_equal(found, config, check_codec(config["codec"], trusted=trusted))
        weights = found.codec_weights()
        require_same(codec.state_dict(), weights)
        families = [] if discriminators is None else match_families(found, discriminators)
        parts = [copy_weights(module, WeightsBelow(weights, name), name) for name, module in codec.named_children()]
        return [*parts, *(copy_family(*family) for family in families)]


def match_families(found: Source, discriminators: Ensemble) -> list[tuple]:
    """Name, module and tensors of every family of either side, checked; None where a side has none."""
    theirs = found.discriminators() or {}
    # Those that have not learned yet are as good as new ones, which warm up.
    weights = found.discriminator_weights() if theirs and found.discriminators_learned else None
    if weights is not None and any(OLDER_NAME in name for name in weights):
        raise ValueError(f"its discriminators were saved by an older lfsc, under other names: {WITHOUT}")
    ours = dict(discriminators.families.items())
    families = []
    for name in dict.fromkeys([*ours, *(key for key in theirs if key != "_target_")]):
        module = ours.get(name)
        tensors = WeightsBelow(weights, f"families.{name}") if weights is not None and name in theirs else None
        if module is not None and tensors is not None:
            try:
                require_same(module.state_dict(), tensors)
            except ValueError as error:
                hint = "; its slm is perhaps another one than this run's" if "slm" in theirs[name] else ""
                raise ValueError(f"discriminators.{name}: {error}{hint}") from error
        families.append((name, module, tensors))
    return families


def copy_family(name: str, module: nn.Module | None, tensors: WeightsBelow | None) -> Part:
    if module is None:
        return Part(f"discriminators.{name}", 0, left_over=len(list(tensors or ())))
    if tensors is None:
        return Part(f"discriminators.{name}", 0, missing=len(module.state_dict()))
    return copy_weights(module, tensors, f"discriminators.{name}")


@torch.no_grad()
def copy_weights(module: nn.Module, weights: WeightsBelow, name: str) -> Part:
    state = module.state_dict()
    for key, tensor in state.items():
        tensor.copy_(convert(weights[key], tensor.dtype, f"{name}.{key}"))
    return Part(name, len(state))


def without_slm(family: Any) -> Any:
    """What a family of discriminators learns with; where its frozen model lies does not matter."""
    return {key: value for key, value in family.items() if key != "slm"} if isinstance(family, Mapping) else family


def require_equal(found: Source, config: Mapping[str, Any], codec: dict) -> None:
    """ValueError with all in which the weights' architecture differs from a run's, as overrides that mend it.

    A family of discriminators may be missing on one side.
    """
    changes = find_differences(found.codec, codec, "codec")
    theirs, ours = found.discriminators_to_train() or {}, config.get("discriminators") or {}
    for name in [name for name in theirs if name != "_target_" and name in ours]:
        changes += find_differences(without_slm(theirs[name]), without_slm(ours[name]), f"discriminators.{name}")
    if changes:
        keys, overrides = zip(*changes, strict=True)
        advice = "".join(f" ({text})" for key, text in ADVICE.items() if key in keys)
        raise ValueError(
            f"it differs from this run in {say_count(len(changes), 'key')}{advice}: add {' '.join(overrides)}, or add "
            "codec=from_weights alone, which takes codec and discriminators from the weights"
        )


def find_differences(theirs: Any, ours: Any, name: str) -> list[tuple[str, str]]:
    """Each key in which two configurations differ, and the override that makes ours theirs."""
    if isinstance(theirs, Mapping) and isinstance(ours, Mapping):
        keys = dict.fromkeys([*ours, *theirs])
        return [
            pair
            for key in keys
            for pair in find_differences(theirs.get(key, ABSENT), ours.get(key, ABSENT), f"{name}.{key}")
        ]
    if plain(theirs) == plain(ours):
        return []
    key = KEYS.get(name, name)
    if theirs is ABSENT:
        return [(name, f"~{key}")]
    change = as_override(key, theirs) if isinstance(theirs, str) else f"{key}={as_override_value(theirs)}"
    return [(name, f"++{change}" if ours is ABSENT else change)]


def plain(value: Any) -> Any:
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def as_override_value(value: Any) -> str:
    """A value as an override has it."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{as_override_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(as_override_value, value)) + "]"
    return json.dumps(value) if value is None or isinstance(value, bool) else str(value)
