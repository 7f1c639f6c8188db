"""Fixtures that every test may use."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy
import pytest
import torch

SHARED = Path(__file__).resolve().parents[2] / "shared"


def shared_folder(name: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"{name} is not there: it is looked for in a folder `shared` beside the checkout")
    return folder


@pytest.fixture(scope="session")
def real_speech() -> Path:
    """A folder with recordings, `<language>/<speaker>/<file>`, and their manifest.jsonl."""
    return shared_folder("speech")


@pytest.fixture(scope="session")
def nemo_reference() -> Path:
    """What NeMo itself computes on a narrow codec: codec.nemo, wavlm/, reference.npz, reference.json."""
    return shared_folder("nemo_reference") / "tiny"


class Reference(NamedTuple):
    arrays: dict[str, torch.Tensor]
    scalars: dict
    codec: torch.nn.Module
    discriminators: torch.nn.Module


@pytest.fixture
def reference(nemo_reference) -> Reference:
    """NeMo's results and, fresh for each test, our codec and discriminators with its weights."""
    from lfsc import nemo
    from lfsc.configs import build

    with numpy.load(nemo_reference / "reference.npz") as file:
        arrays = {name: torch.from_numpy(file[name]) for name in file.files}
    scalars = json.loads((nemo_reference / "reference.json").read_text())
    archive = nemo.read(nemo_reference / "codec.nemo")
    archive.discriminators["slm"]["slm"]["path"] = str(nemo_reference / "wavlm")
    codec, discriminators = build(archive.codec), build(archive.discriminators)
    codec.load_state_dict(dict(archive.codec_weights()))
    discriminators.load_state_dict(dict(archive.discriminator_weights()))
    return Reference(arrays, scalars, codec, discriminators)



@pytest.fixture
def make_codec():
    """Builds a narrow codec with seeded weights whose tokens spread over the codebooks; arguments change its shape."""

    def make(*, seed=0, channels=4, rates=(2, 4), levels=(8, 7, 6, 6), num_codebooks=2, sample_rate=22050, **layers):
        import torch

        from lfsc.configs import build

        torch.manual_seed(seed)
        shape = {
            "latent_dim": num_codebooks * len(levels),
            "kernel_sizes": [3, 7, 11],
            "in_kernel_size": 7,
            **layers,
        }
        encoder = {"channels": channels, "rates": list(rates), "dilations": [1], "out_kernel_size": 7}
        decoder = {
            "channels": channels * 2 ** len(rates),
            "rates": list(rates)[::-1],
            "dilations": [1, 3, 5],
            "out_kernel_size": 3,
        }
        codec = build(
            {
                "_target_": "lfsc.models.codec.Codec",
                "encoder": {"_target_": "lfsc.models.encoder.Encoder", **encoder, **shape},
                "quantizer": {
                    "_target_": "lfsc.models.quantizer.GroupedFSQ",
                    "num_codebooks": num_codebooks,
                    "levels": list(levels),
                },
                "decoder": {"_target_": "lfsc.models.decoder.Decoder", **decoder, **shape},
                "sample_rate": sample_rate,
            }
        )
        # At initialisation the latents of noise are all but equal, and so would be their tokens.
        with torch.no_grad():
            latents = codec.encoder(torch.randn(1, 64 * codec.hop_length))
            codec.encoder.conv_out.parametrizations.weight.original0 /= latents.std(dim=(0, 2))[:, None, None]
            codec.encoder.conv_out.bias.zero_()
        return codec.eval()

    return make
