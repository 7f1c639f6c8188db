"""What an optimizer takes back from a checkpoint, held against its parameters."""

import math
from collections.abc import Iterator
from typing import Any

from torch import Tensor
from torch.optim import SGD, Adagrad, Adam, AdamW, Optimizer

from lfsc.io.restoring import WHY
from lfsc.nn.arguments import brief

# Whose fused kernels compute at the addresses of parameter and state together, without asking for their shapes; what
# each keeps of a parameter that has stepped.
FUSED = {
    Adam: ("step", "exp_avg", "exp_avg_sq"),
    AdamW: ("step", "exp_avg", "exp_avg_sq"),
    SGD: (),
    Adagrad: ("step", "sum"),
}


def check_when_loaded(optimizer: Optimizer) -> None:
    """Have `optimizer.load_state_dict` raise ValueError for a state that is none of its parameters, or none at all.

    Of an optimizer that is not torch's own, nobody knows what it keeps.
    """
    if type(optimizer) in FUSED:
        optimizer.register_load_state_dict_pre_hook(require_fitting)
        optimizer.register_load_state_dict_pre_hook(require_alike_settings)
        # When torch has added what an older one did not save.
        optimizer.register_load_state_dict_post_hook(require_all_settings)


def require_alike_settings(optimizer: Optimizer, saved: dict[str, Any]) -> None:
    """ValueError for a setting, such as `betas`, of another kind than the optimizer was made with."""
    for group in saved["param_groups"]:
        for key, expected in optimizer.defaults.items():
            if key in group and not is_alike(group[key], expected):
                raise ValueError(
                    f"the optimizer's {key} in the checkpoint is {brief(group[key])}, not such as {expected}; {WHY}"
                )


def require_all_settings(optimizer: Optimizer) -> None:
    for group in optimizer.param_groups:
        if missing := sorted(optimizer.defaults.keys() - group.keys()):
            raise ValueError(f"the optimizer's {', '.join(missing)} is missing in the checkpoint; {WHY}")


def is_alike(value: Any, other: Any) -> bool:
    if isinstance(other, list | tuple):
        is_list = isinstance(value, list | tuple) and len(value) == len(other)
        return is_list and all(map(is_alike, value, other))
    if other is None or isinstance(other, bool):
        return isinstance(value, bool) or value is other
    if isinstance(other, int | float):
        return isinstance(value, int | float) and -math.inf < value < math.inf
    return isinstance(value, type(other))


def require_fitting(optimizer: Optimizer, saved: dict[str, Any]) -> None:
    """ValueError for a tensor that is neither one number nor as its parameter: a kernel would write beyond its end."""
    for parameter, state in match_states(optimizer, saved):
        if not isinstance(state, dict):
            raise ValueError(f"the optimizer's state of a parameter is {brief(state)} in the checkpoint; {WHY}")
        kept = FUSED[type(optimizer)] if state else ()
        for key, value in (dict.fromkeys(kept) | state).items():
            is_left_out = value is None and key not in kept
            if not (is_left_out or (is_count(value) if key == "step" else is_like(value, parameter))):
                found = list(value.shape) if isinstance(value, Tensor) else type(value).__name__
                raise ValueError(
                    f"the optimizer's {key} in the checkpoint is {found} for a parameter {list(parameter.shape)}: "
                    "the checkpoint is of another run, or its config.yaml was changed"
                )


def match_states(optimizer: Optimizer, saved: dict[str, Any]) -> Iterator[tuple[Tensor, Any]]:
    """Each parameter with its state; torch itself refuses another number of parameters."""
    for group, saved_group in zip(optimizer.param_groups, saved["param_groups"], strict=False):
        for parameter, number in zip(group["params"], saved_group["params"], strict=False):
            yield parameter, saved["state"].get(number, {})


def is_count(value: Any) -> bool:
    is_one = value.numel() == 1 if isinstance(value, Tensor) else isinstance(value, int | float)
    return is_one and 0 <= value < math.inf


def is_like(value: Any, parameter: Tensor) -> bool:
    """Whether it is numbers that lie as those of the parameter."""
    if not isinstance(value, Tensor):
        return False
    is_dense = value.is_contiguous() and parameter.is_contiguous()
    return value.shape == parameter.shape and (is_dense or value.stride() == parameter.stride())
