"""What lies between the generator's convolutions, by name."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from lfsc.nn.arguments import require_one_of


class Snake(nn.Module):
    """x + sin²(alpha·x)/alpha with an alpha for each channel (arXiv 2006.08195): a bias towards what is periodic."""

    # Keeps a vanishing alpha from dividing by zero.
    EPS = 1e-9

    def __init__(self, channels: int):
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(1, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x + (self.alpha + self.EPS).reciprocal() * (self.alpha * x).sin().square()


class HalfSnake(nn.Module):
    """Snake of the first half of the channels, leaky ReLU of the others."""

    def __init__(self, channels: int):
        super().__init__()
        self.periodic = channels // 2
        self.snake = Snake(self.periodic)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((self.snake(x[:, : self.periodic]), leaky_relu(x[:, self.periodic :])), dim=1)


# Each takes the number of channels, and whether it may overwrite its input, which saves memory.
ACTIVATIONS: dict[str, Callable[[int, bool], nn.Module]] = {
    "lrelu": lambda channels, inplace: nn.LeakyReLU(inplace=inplace),
    "elu": lambda channels, inplace: nn.ELU(inplace=inplace),
    "snake": lambda channels, inplace: Snake(channels),
    "half_snake": lambda channels, inplace: HalfSnake(channels),
}
# What makes the decoder's last layer a waveform in -1…1.
OUTPUTS: dict[str, Callable[[Tensor], Tensor]] = {"tanh": torch.tanh, "clamp": lambda x: x.clamp(-1, 1)}


def activation_of(name: str, channels: int, *, inplace: bool = True) -> nn.Module:
    require_one_of(ACTIVATIONS, activation=name)
    return ACTIVATIONS[name](channels, inplace)
