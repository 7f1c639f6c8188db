"""Whether autocast is at work."""

import torch
from torch import Tensor


def is_under_autocast(x: Tensor) -> bool:
    """Whether operations on a tensor's device are; on the device meta, of which autocast knows nothing, never."""
    return not x.is_meta and torch.is_autocast_enabled(x.device.type)
