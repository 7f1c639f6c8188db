"""Quality as models of hearing and of listeners predict it."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from lfsc.audio.with_torchaudio import import_torchaudio
from lfsc.io.messages import first_line
from lfsc.io.torch_file import DAMAGE
from lfsc.metrics.metric import Audio, Measurement, Pair, Unmeasurable

PERCEPTUAL_RATE = 16000
# The reference code writes past its table of 50 utterances in longer recordings.
PESQ_MAX_SECONDS = 45


def pesq(audio: Audio) -> float:
    """Wide-band PESQ (ITU-T P.862.2), 1.04 … 4.64, at 16 kHz."""
    from pesq import PesqError, pesq

    if len(audio.real) > PESQ_MAX_SECONDS * PERCEPTUAL_RATE:
        raise Unmeasurable(f"longer than the {PESQ_MAX_SECONDS} s that the reference code of PESQ can take")
    try:
        return float(pesq(PERCEPTUAL_RATE, audio.real.cpu().numpy(), audio.fake.cpu().numpy(), "wb"))
    except PesqError as error:
        # The package raises C's bytes, which end in a line break.
        message = error.args[0] if error.args else type(error).__name__
        text = message.decode() if isinstance(message, bytes) else str(message)
        raise Unmeasurable(f"PESQ: {text.strip()}") from error
    except ValueError as error:
        # A reconstruction of nothing but zeros becomes NaN, which it converts to an integer.
        raise Unmeasurable(f"PESQ: {error}") from error


class SquimMOS:
    """Mean opinion score 1 … 5 as SQUIM predicts it (arXiv 2304.01448), beside a clean clip of other content.

    `non_matching` gives that clip [T] at 16 kHz for a key; the score depends on it a little.
    """

    def __init__(self, *, model: nn.Module, non_matching: Callable[[str], Tensor], device: str = "cpu"):
        self.model = model.eval().to(device)
        self.non_matching = non_matching
        self.device = device

    @torch.inference_mode()
    def __call__(self, pair: Pair) -> Measurement:
        fake, other = pair.at(PERCEPTUAL_RATE).fake, self.non_matching(pair.key)
        return Measurement(float(self.model(fake[None].to(self.device), other[None].to(self.device))))


def load_squim(path: str | Path) -> nn.Module:
    """torchaudio's SQUIM_SUBJECTIVE with the weights of a file."""
    model = import_torchaudio().models.squim_subjective_base()
    try:
        model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except (OSError, *DAMAGE) as error:
        raise ValueError(f"{path} does not hold the weights of SQUIM_SUBJECTIVE: {first_line(error)}") from error
    return model
