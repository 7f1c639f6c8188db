"""Losses by name, and how much each weighs."""

from typing import Any

from torch import Tensor, nn


class NamedLosses(nn.Module):
    """Losses of the same inputs; `losses` maps a name to {"weight": …, "loss": …}.

    They come without their `weights`, which CodecModule applies where it adds them up.
    """

    def __init__(self, losses: dict[str, Any]):
        super().__init__()
        for name, entry in losses.items():
            if missing := [key for key in ("weight", "loss") if key not in entry]:
                raise ValueError(f"the loss {name} has no {' and no '.join(missing)}: expected a weight and a loss")
            if not isinstance(entry["loss"], nn.Module):
                raise ValueError(f"the loss {name} is a {type(entry['loss']).__name__}: expected a torch.nn.Module")
        self.weights = {name: float(entry["weight"]) for name, entry in losses.items()}
        self.losses = nn.ModuleDict({name: entry["loss"] for name, entry in losses.items()})

    def forward(self, *inputs) -> dict[str, Tensor]:
        """The value of each loss, by its name and without its weight; ValueError for one that is no scalar."""
        return {name: require_scalar(name, loss(*inputs)) for name, loss in self.losses.items()}


def require_scalar(name: str, value: Any) -> Tensor:
    if not isinstance(value, Tensor) or value.ndim or not value.is_floating_point():
        is_tensor = isinstance(value, Tensor)
        found = f"a tensor {list(value.shape)} of {value.dtype}" if is_tensor else f"a {type(value).__name__}"
        raise ValueError(f"the loss {name} gave {found}: expected a scalar tensor of floats")
    return value


def require_gradient(name: str, value: Tensor) -> None:
    if not value.requires_grad:
        raise ValueError(
            f"the loss {name} has no gradient, so that nothing would learn from it: compute it of its inputs without "
            "detach, item or no_grad; what is only to be logged is a metric (docs/extending.md)"
        )
