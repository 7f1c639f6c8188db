"""Our encoding and decoding, for `benchmarks/coding.py`: a codec as `lfsc encode` runs it.

Usage: our_coding.py SECONDS ROUNDS PRECISION [BATCH]. Says which of the tokens are those of float32.
"""

import sys

import torch
from stopwatch import rounds_of

from lfsc.composing import compose
from lfsc.configs import build
from lfsc.models.folding import fold
from lfsc.models.packing import pack

RECIPE = "lfsc_22khz_no_slm"
DTYPES = {"float32": torch.float32, "bf16": torch.bfloat16}


def main() -> None:
    seconds, rounds, precision = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    torch.manual_seed(0)
    audio = 0.1 * torch.randn(1, round(seconds * 22050))
    plain = spread(build(compose(RECIPE, ["data.path=unused"])["codec"]).eval(), audio)
    expected = plain.encode(audio[:, : 4 * 22050]).tokens
    folded = fold(plain, fingerprint="0" * 16).requires_grad_(False)
    codec = pack(folded.to(DTYPES[precision]))
    found = codec.encode(audio[:, : 4 * 22050]).tokens
    print("EQUAL", (found == expected).float().mean().item())
    tokens = codec.encode(audio).tokens
    rounds_of(rounds, encode=lambda: codec.encode(audio), decode=lambda: codec.decode(tokens))


@torch.no_grad()
def spread(codec, audio):
    """The codec with latents of this audio that use their levels: those of random weights hardly differ."""
    latents = codec.encoder(codec.pad(audio[:, : 2 * 22050]))
    mean, deviation = latents.mean((0, 2)), latents.std((0, 2))
    out = codec.encoder.conv_out
    out.parametrizations.weight.original0.div_(deviation[:, None, None])
    out.bias.copy_((out.bias - mean) / deviation)
    return codec


if __name__ == "__main__":
    main()
