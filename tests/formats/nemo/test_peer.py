"""Archives that NeMo itself writes for the occasion, at other shapes than the recipe's."""

import subprocess
from pathlib import Path

import numpy
import pytest
import torch

import lfsc
from lfsc.config.instantiate import build
from lfsc.formats.nemo.archive import Archive

SHAPES = {
    "odd": "tiny --rates 3 5 2 --levels 5 4 3 --codebooks 3 --channels 6 --decoder-channels 48 --sample-rate 16000 "
    "--crop-frames 240 --encoder-dilations 1 3",
    "primes": "tiny --rates 5 7 4 --levels 8 5 5 5 --codebooks 5 --channels 4 --decoder-channels 32 "
    "--sample-rate 24000 --crop-frames 60 --periods 2 5",
    "21.5 frames a second": "nano --rates 2 2 4 8 8 --levels 8 7 6 6 --codebooks 8 --channels 2 --decoder-channels 64 "
    "--crop-frames 8",
    "13 codebooks": "nano --levels 8 7 6 6 --codebooks 13 --encoder-dilations 1 --channels 1 --decoder-channels 64",
}


@pytest.fixture(params=SHAPES)
def written(request, nemo_python, tmp_path) -> Path:
    """What the committed oracle's script writes: codec.nemo, and what NeMo computes with it."""
    script = Path(__file__).parents[2] / "nemo_oracle" / "make.py"
    kind, *options = SHAPES[request.param].split()
    command = [nemo_python, script, kind, "--out", tmp_path, "--updates", "1", *options]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-2000:]
    return tmp_path


@pytest.mark.peer
@pytest.mark.slow
def test_other_codecs_of_nemos_give_the_same_here(written):
    with numpy.load(written / "reference.npz") as file:
        expected = {name: torch.from_numpy(file[name]) for name in file.files}
    codec = lfsc.load(written / "codec.nemo")
    with torch.no_grad():
        latents = codec.encoder(codec.pad(expected["clip"]))
    torch.testing.assert_close(latents, expected["clip_latents"], atol=1e-5, rtol=0)
    tokens = codec.encode(expected["clip"]).tokens
    assert torch.equal(tokens, expected["clip_tokens"].long())
    torch.testing.assert_close(codec.decode(tokens).audio, expected["clip_decoded"], atol=1e-5, rtol=0)
    require_same_scores(written, expected)


def require_same_scores(written: Path, expected: dict) -> None:
    archive = Archive(written / "codec.nemo")
    archive.discriminators["slm"]["slm"]["path"] = str(written / "wavlm")
    discriminators = build(archive.discriminators)
    discriminators.load_state_dict(dict(archive.discriminator_weights()))
    with torch.no_grad():
        inputs = discriminators.transform(expected["real"], expected["fake"])
        for i, (real, fake) in enumerate(zip(discriminators(inputs.real), discriminators(inputs.fake), strict=True)):
            torch.testing.assert_close(real.score, expected[f"score_real_{i}"], atol=1e-5, rtol=0)
            torch.testing.assert_close(fake.score, expected[f"score_fake_{i}"], atol=1e-5, rtol=0)
    assert f"score_real_{len(discriminators.names)}" not in expected
