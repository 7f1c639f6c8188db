"""What a checkpoint has of a schedule or a callback, held against what that keeps at first."""

from typing import Any

import torch
from torch import Tensor

from lfsc.io.restoring import WHY
from lfsc.nn.arguments import brief
from lfsc.training.checkpoint_kinds import is_huge

# Whose classes keep the same kinds of values all along; of others, nobody knows what they keep.
KNOWN = ("lfsc.", "torch.", "lightning.")


def require_alike(saved: Any, keeper: Any, what: str) -> None:
    """ValueError for a state of a new schedule or callback, `keeper`, of another kind than it has.

    Nothing is known of what is None at first, of keys that only one of them has, and of lists of another length.
    """
    is_known = type(keeper).__module__.startswith(KNOWN)
    if is_known and (found := find_unlike(saved, keeper.state_dict(), "")):
        raise ValueError(f"the checkpoint's state of {what}: {found}; {WHY}")


def find_unlike(saved: Any, first: Any, where: str) -> str | None:
    """The first place whose value is of another kind, or not finite where it was at first, in words."""
    if not is_alike(saved, first):
        return f"{where or 'all of it'} is {brief(saved)}, not such as {brief(first)}"
    places: list[Any] = []
    if isinstance(first, dict):
        places = [key for key in first if key in saved]
    elif isinstance(first, list | tuple) and len(saved) == len(first):
        places = list(range(len(first)))
    found = (find_unlike(saved[place], first[place], f"{where}.{place}".lstrip(".")) for place in places)
    return next(filter(None, found), None)


def is_alike(saved: Any, first: Any) -> bool:
    for kinds in (dict, list | tuple, bool, str):
        if isinstance(first, kinds):
            return isinstance(saved, kinds)
    if isinstance(first, Tensor):
        return isinstance(saved, Tensor) and saved.shape == first.shape and not is_spoilt(saved, first)
    if isinstance(first, int | float):
        is_number = isinstance(saved, int | float) and not isinstance(saved, bool) and not is_huge(saved)
        return is_number and not is_spoilt(torch.tensor(saved), torch.tensor(first))
    return True


def is_spoilt(saved: Tensor, first: Tensor) -> bool:
    """Whether there is NaN, or what was finite at first is not."""
    return bool(saved.isnan().any() or (first.isfinite().all() and not saved.isfinite().all()))
