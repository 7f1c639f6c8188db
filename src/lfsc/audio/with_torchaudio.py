"""The parts of torchaudio that are used: its wheels need CUDA's libraries, so that not every machine has it."""

from types import ModuleType

from torch import nn

from lfsc.io.messages import one_line


def import_torchaudio() -> ModuleType:
    """torchaudio; ValueError, in one line that says what to do, where it cannot be imported."""
    try:
        import torchaudio
    except (ImportError, OSError) as error:
        raise ValueError(
            f"torchaudio cannot be imported ({one_line(error)[:200]}): training and evaluation need it; "
            "`pip install torchaudio`, beside a torch with CUDA's libraries (a CPU-only torch lacks them)"
        ) from error
    return torchaudio


def build_resampler(from_rate: int, to_rate: int) -> nn.Module:
    """A module that takes audio [..., T] to [..., ceil(T · to_rate / from_rate)] and gradients back."""
    return import_torchaudio().transforms.Resample(from_rate, to_rate)
