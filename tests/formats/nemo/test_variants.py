"""Every kind of HiFi-GAN codec that NeMo can make, made by NeMo on the spot, read here, written here, read by NeMo."""

import json
import subprocess
from pathlib import Path

import numpy
import pytest
import torch

import lfsc
from lfsc.export.nemo import write_nemo
from lfsc.formats.nemo.config import MODULES
from lfsc.formats.nemo.writing import TRAINING
from lfsc.formats.resolve import resolve

pytestmark = [pytest.mark.peer, pytest.mark.slow]

CLASS = MODULES + "audio_codec_modules."
ONE = {"resblock_dilation_sizes": [1]}
POINTS = {"resblock_kernel_sizes": [1], "in_kernel_size": 1, "out_kernel_size": 1}
REPLICATE = {"pad_mode": "replicate"}
CAUSAL = {"_target_": CLASS + "CausalHiFiGANDecoder"}
CAUSAL_ENCODER = {"_target_": CLASS + "CausalHiFiGANEncoder"}
NANO = CAUSAL | {"activation": "half_snake", "output_activation": "clamp"}
# What each has beside the recipe of `configuration`: for the whole, for both halves, for the encoder, for the decoder.
VARIANTS = {
    "half_snake": ({}, {"activation": "half_snake"}, ONE, {}),
    "snake": ({}, {"activation": "snake"}, ONE, {}),
    "elu in capitals": ({}, {"activation": "ELU"}, ONE, {}),
    "zeros": ({}, {"pad_mode": "zeros"}, ONE, {}),
    "replicate": ({}, {"pad_mode": "replicate"}, ONE, {}),
    "clamp": ({}, {}, ONE, {"output_activation": "clamp"}),
    "grouped": ({}, {}, ONE, {"n_groups_equal_to_out_channels": True}),
    "eps": ({"eps": 0.03}, {}, ONE, {}),
    "halves differ": (
        {"rates": [3, 4]},
        {},
        {"activation": "elu", "pad_mode": "zeros", "resblock_kernel_sizes": [3]},
        {"activation": "half_snake", "pad_mode": "replicate", "output_activation": "clamp"},
    ),
    "everything": (
        {"rates": [7, 3, 2], "levels": [8, 5, 5, 5, 5], "sample_rate": 44100, "eps": 0.01},
        {"activation": "half_snake", "pad_mode": "replicate", "in_kernel_size": 5, "out_kernel_size": 9},
        {},
        {"output_activation": "clamp", "n_groups_equal_to_out_channels": True},
    ),
    "one codebook": ({"groups": 1, "levels": [5, 5, 5], "sample_rate": 16000}, {}, ONE, {}),
    "no groups": ({"groups": 1, "alone": True, "levels": [4, 3, 2]}, {}, ONE, {}),
    "odd rates": ({"rates": [7, 7, 9], "levels": [5, 5, 5], "sample_rate": 24000}, {}, ONE, {}),
    "one kernel": ({"rates": [2, 5]}, {"resblock_kernel_sizes": [5], "resblock_dilation_sizes": [1, 3]}, {}, {}),
    "three channels": ({"channels": 3, "rates": [2, 2, 3]}, {}, ONE, {}),
    "halves rounded down": ({"rates": [2, 3, 2]}, {}, ONE, {"base_channels": 23}),
    "causal": ({}, {}, ONE, CAUSAL),
    "causal, not grouped": (
        {"rates": [3, 4]},
        {},
        ONE,
        {**CAUSAL, "n_groups_equal_to_out_channels": False, "pad_mode": "reflect"},
    ),
    "nano 0.6 kbps": ({"rates": [2, 3, 6, 7, 7], "levels": [9, 8, 8, 7], "groups": 4}, {}, REPLICATE, NANO),
    "nano 1.78 kbps": ({"rates": [2, 3, 6, 7, 7], "groups": 13}, {}, REPLICATE, NANO),
    "nano 1.89 kbps": ({"rates": [2, 2, 4, 8, 8], "groups": 8}, {}, REPLICATE, NANO),
    "causal encoder": ({"rates": [3, 4]}, {}, CAUSAL_ENCODER | ONE, {}),
    "causal both ways": ({"rates": [2, 3, 6, 7, 7]}, {"activation": "half_snake"}, CAUSAL_ENCODER, CAUSAL),
    "kernels of one": ({"rates": [2, 3]}, POINTS, {}, {}),
}  # fmt: skip


def configuration(whole: dict, halves: dict, encoder: dict, decoder: dict) -> dict:
    """NeMo's configuration of a narrow codec without discriminators."""
    shape = {"rates": [2, 4], "levels": [8, 7, 6, 6], "groups": 3, "channels": 4, "sample_rate": 22050} | whole
    rates, channels, levels, groups = (shape[key] for key in ("rates", "channels", "levels", "groups"))
    width, eps = groups * len(levels), {"eps": shape["eps"]} if "eps" in shape else {}
    grouped = {"_target_": CLASS + "GroupFiniteScalarQuantizer", "num_groups": groups, "num_levels_per_group": levels}
    alone = {"_target_": CLASS + "FiniteScalarQuantizer", "num_levels": levels}
    return TRAINING | {
        "sample_rate": shape["sample_rate"],
        "samples_per_frame": int(numpy.prod(rates)),
        "audio_encoder": {
            "_target_": CLASS + "HiFiGANEncoder",
            "encoded_dim": width,
            "down_sample_rates": rates,
            "base_channels": channels,
            **halves,
            **encoder,
        },
        "vector_quantizer": (alone if "alone" in shape else grouped) | eps,
        "audio_decoder": {
            "_target_": CLASS + "HiFiGANDecoder",
            "input_dim": width,
            "up_sample_rates": rates[::-1],
            "base_channels": channels * 2 ** len(rates),
            **halves,
            **decoder,
        },
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory, request) -> Path:
    """A folder with every variant as NeMo wrote it, what NeMo computes, and what it computes of what we write of it."""
    python = request.getfixturevalue("nemo_python")
    folder = tmp_path_factory.mktemp("variants")
    for name, parts in VARIANTS.items():
        (folder / f"{name}.json").write_text(json.dumps(configuration(*parts)))
    run([python, Path(__file__).with_name("make_nemo.py"), folder])
    (folder / "ours").mkdir()
    triples = []
    for name in VARIANTS:
        with resolve(folder / f"{name}.nemo") as found:
            write_nemo(found, folder / "ours" / f"{name}.nemo", with_discriminators=False)
        triples += [folder / "ours" / f"{name}.nemo", folder / f"{name}.npz", folder / "ours" / f"{name}.npz"]
    run([python, Path(__file__).with_name("ask_nemo.py"), *triples])
    return folder


def run(command: list) -> None:
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-3000:]


@pytest.mark.parametrize("name", VARIANTS)
def test_what_nemo_wrote_gives_the_same_here(name, made):
    with numpy.load(made / f"{name}.npz") as file:
        expected = {key: torch.from_numpy(file[key]) for key in file.files}
    codec = lfsc.load(made / f"{name}.nemo")
    with torch.no_grad():
        latents = codec.encoder(codec.pad(expected["audio"]))
    torch.testing.assert_close(latents, expected["latents"], atol=1e-5, rtol=0)
    tokens = codec.encode(expected["audio"]).tokens
    assert len(tokens.unique()) > 5
    assert torch.equal(tokens, expected["tokens"].long())
    torch.testing.assert_close(codec.decode(tokens).audio, expected["decoded"], atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", VARIANTS)
def test_what_we_write_of_it_gives_the_same_to_nemo(name, made):
    with numpy.load(made / f"{name}.npz") as expected, numpy.load(made / "ours" / f"{name}.npz") as answer:
        assert numpy.array_equal(answer["tokens"], expected["tokens"])
        assert numpy.abs(answer["decoded"] - expected["decoded"]).max() < 1e-5
        assert answer["strict_unexpected"].size == 0
        constants = ("window", ".fb", "kernel")
        assert not [tensor for tensor in answer["strict_missing"] if not tensor.endswith(constants)]
