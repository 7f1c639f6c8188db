"""What a checkpoint has to hold for a run to resume from it."""

from pathlib import Path
from typing import Any

from torch import Tensor

from lfsc.io.restoring import WHY
from lfsc.nn.arguments import brief

# A list is any number of what is in it, a tuple just what is in it; a dict of `...` has any keys.
STATE = {"state": dict, "param_groups": [{"params": [int]}]}
SETTINGS = {"_target_": str, "lr": float | int | None, "schedule": dict | None}
COUNTS = {"scaler": {...: float | int}, "skipped": int, "consecutive_skipped": int}
KINDS = {
    "pytorch-lightning_version": str,
    "state_dict": dict,
    # Most of these would fail only later, in the middle of the run.
    "callbacks": {
        "RngState": {"ranks": [dict]},
        "CodebookUsage": {"counts": Tensor},
        "MetricLogging": {"skipped": int},
        "HealthChecks": {"low_since": int | None, "mels": [float], "warned": [str]},
        "Checkpointing": {"best": [(float, int)]},
    },
    "optimizer_states": (STATE, STATE),
    "lr_schedulers": [dict],
    "updates": int,
    "warmup": {"updates": int, "done": int, "families": list | None},
    "config": {"optimizers": {"generator": SETTINGS, "discriminators": SETTINGS}, "discriminators": {...: object}},
    "gan_optimizers": {"generator": COUNTS, "discriminators": COUNTS},
    "scalars": {...: float},
    "measured": {...: float | int},
}
# What no count reaches; torch takes none that is much larger.
TOO_LARGE = 1 << 53


def require_kinds(checkpoint: Any, path: Path | str) -> None:
    """ValueError, which names the first place, for a checkpoint that lacks something or has something else there."""
    if found := find_other(checkpoint, KINDS, ""):
        raise ValueError(f"{path}: {found}; {WHY}")


def require_weights(expected: dict[str, Tensor], found: Any) -> None:
    """ValueError where weights are not those of the module that is to have them."""
    found = found if isinstance(found, dict) else {}
    for name in dict.fromkeys([*expected, *found]):
        shapes = [list(each[name].shape) if isinstance(each.get(name), Tensor) else None for each in (expected, found)]
        if shapes[0] != shapes[1]:
            raise ValueError(
                f"{name} is {shapes[1] or 'not there'} in the checkpoint, and {shapes[0] or 'not there'} by "
                "config.yaml: its codec or its discriminators were changed, or the checkpoint is another run's"
            )


def find_other(value: Any, kind: Any, where: str) -> str | None:
    """The first place whose value is of another kind, in words; None where there is none."""
    if isinstance(kind, dict) and isinstance(value, dict):
        kinds = dict.fromkeys(value, kind[...]) if ... in kind else kind
        places = [(value.get(key), each, key) for key, each in kinds.items()]
    elif isinstance(kind, list) and isinstance(value, list):
        places = [(each, kind[0], number) for number, each in enumerate(value)]
    elif isinstance(kind, tuple) and isinstance(value, list | tuple) and len(value) == len(kind):
        places = [(value[number], each, number) for number, each in enumerate(kind)]
    elif isinstance(kind, dict | list | tuple) or not isinstance(value, kind) or not may_be(value, kind):
        return f"{where or 'all of it'} is {brief(value)}"
    else:
        return None
    found = (find_other(inner, each, f"{where}.{key}".lstrip(".")) for inner, each, key in places)
    return next(filter(None, found), None)


def may_be(value: Any, kind: Any) -> bool:
    """Whether a number is in bounds: all that are whole by their kind are counts."""
    return not is_huge(value) and not (kind is int and value < 0)


def is_huge(value: Any) -> bool:
    return type(value) is int and not abs(value) < TOO_LARGE
