"""What a checkpoint has to hold for a run to resume from it."""

from pathlib import Path
from typing import Any

from torch import Tensor

from lfsc.nn.arguments import brief

OPTIMIZER = {"scaler": dict, "skipped": int, "consecutive_skipped": int}
# A list stands for any number of what is in it.
KINDS = {
    "pytorch-lightning_version": str,
    "state_dict": dict,
    "callbacks": dict,
    "optimizer_states": [{"state": dict, "param_groups": [{"params": [int]}]}],
    "lr_schedulers": [dict],
    "updates": int,
    "warmup": {"updates": int, "done": int},
    "config": {"optimizers": dict, "discriminators": dict},
    "gan_optimizers": {"generator": OPTIMIZER, "discriminators": OPTIMIZER},
    "scalars": dict,
    "measured": dict,
}


def require_kinds(checkpoint: Any, path: Path | str) -> None:
    """ValueError, which names the first place, for a checkpoint that lacks something or has something else there."""
    if found := find_other(checkpoint, KINDS, ""):
        raise ValueError(f"{path}: {found}; the checkpoint is damaged, or an older lfsc wrote it")


def require_weights(expected: dict[str, Tensor], found: dict[str, Any]) -> None:
    """ValueError where weights are not those of the module that is to have them."""
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
        places = ((value.get(key), each, f"{where}.{key}".lstrip(".")) for key, each in kind.items())
    elif isinstance(kind, list) and isinstance(value, list):
        places = ((each, kind[0], f"{where}.{number}") for number, each in enumerate(value))
    else:
        is_kind = isinstance(value, kind if isinstance(kind, type) else type(kind))
        return None if is_kind else f"{where or 'all of it'} is {brief(value)}"
    return next(filter(None, (find_other(*place) for place in places)), None)
