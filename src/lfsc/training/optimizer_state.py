"""What an optimizer takes back from a checkpoint, held against its parameters."""

from collections.abc import Iterator
from typing import Any

from torch import Tensor
from torch.optim import SGD, Adagrad, Adam, AdamW, Optimizer

# Whose fused kernels compute at the addresses of parameter and state together, without asking for their shapes.
FUSED = (Adam, AdamW, SGD, Adagrad)


def check_when_loaded(optimizer: Optimizer) -> None:
    """Have `optimizer.load_state_dict` raise ValueError for a state that is none of its parameters."""
    if type(optimizer) in FUSED:
        optimizer.register_load_state_dict_pre_hook(require_fitting)


def require_fitting(optimizer: Optimizer, saved: dict[str, Any]) -> None:
    """ValueError for a tensor that is neither one number nor as its parameter: a kernel would write beyond its end."""
    for parameter, state in match_states(optimizer, saved):
        for key, value in state.items():
            if not (is_count(value) if key == "step" else is_like(value, parameter)):
                found = list(value.shape) if isinstance(value, Tensor) else type(value).__name__
                raise ValueError(
                    f"the optimizer's {key} in the checkpoint is {found} for a parameter {list(parameter.shape)}: "
                    "the checkpoint is of another run, or its config.yaml was changed"
                )


def match_states(optimizer: Optimizer, saved: dict[str, Any]) -> Iterator[tuple[Tensor, dict[str, Any]]]:
    """Each parameter with its state; torch itself refuses another number of parameters."""
    for group, saved_group in zip(optimizer.param_groups, saved["param_groups"], strict=False):
        for parameter, number in zip(group["params"], saved_group["params"], strict=False):
            yield parameter, saved["state"].get(number, {})


def is_count(value: Any) -> bool:
    return value.numel() == 1 if isinstance(value, Tensor) else isinstance(value, int | float)


def is_like(value: Any, parameter: Tensor) -> bool:
    """Whether it is nothing, or numbers that lie as those of the parameter."""
    if not isinstance(value, Tensor):
        return value is None
    is_dense = value.is_contiguous() and parameter.is_contiguous()
    return value.shape == parameter.shape and (is_dense or value.stride() == parameter.stride())
