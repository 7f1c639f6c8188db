"""NeMo 3.0 encoding and decoding: run by NeMo's interpreter for `benchmarks/coding.py`.

Usage: nemo_coding.py SECONDS ROUNDS PRECISION
"""

import sys

import torch
from nemo.collections.tts.models import AudioCodecModel
from nemo_update import RECIPE
from omegaconf import OmegaConf
from stopwatch import rounds_of


def main() -> None:
    seconds, rounds, precision = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    torch.manual_seed(0)
    model = AudioCodecModel(cfg=OmegaConf.create({**RECIPE, "discriminator": None})).eval()
    audio = 0.1 * torch.randn(1, round(seconds * 22050))
    length = torch.tensor([audio.shape[1]])
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        tokens, tokens_len = model.encode(audio=audio, audio_len=length)
        rounds_of(
            rounds,
            encode=lambda: model.encode(audio=audio, audio_len=length),
            decode=lambda: model.decode(tokens=tokens, tokens_len=tokens_len),
        )


if __name__ == "__main__":
    main()
