"""NVIDIA's NanoCodec: its encoder, quantizer and reconstruction losses are those of here, its decoder is refused."""

import pytest
import torch

import lfsc
from lfsc.config.compose import compose
from lfsc.config.instantiate import build
from lfsc.formats import nemo
from lfsc.formats.nemo.config import ENCODER, quantizer_from_nemo, translate


@pytest.fixture
def archive(nemo_nano_reference):
    return nemo.read(nemo_nano_reference / "codec.nemo")


@pytest.fixture
def quantizer(archive):
    return build(quantizer_from_nemo(archive.config))


def test_latents_and_tokens_equal_nemos(archive, quantizer, nano_results):
    arrays, scalars = nano_results
    encoder = build(translate(archive.config, "audio_encoder", ENCODER))
    weights = dict(archive.codec_weights())
    parts = {name.removeprefix("encoder."): weights[name] for name in weights if name.startswith("encoder.")}
    encoder.load_state_dict(parts)
    frames, hop_length = scalars["clip_frames"], scalars["hop_length"]
    padding = frames * hop_length - arrays["clip"].shape[1]
    with torch.no_grad():
        latents = encoder(torch.nn.functional.pad(arrays["clip"], (0, padding)))
    torch.testing.assert_close(latents, arrays["clip_latents"], atol=1e-5, rtol=0)
    assert torch.equal(quantizer(latents).tokens, arrays["clip_tokens"].long())


def test_dequantized_values_equal_nemos(quantizer, nano_results):
    arrays, _ = nano_results
    assert torch.equal(quantizer.dequantize(arrays["clip_tokens"].long()), arrays["clip_dequantized"])


def test_reconstruction_losses_and_their_gradients_equal_nemos(nano_results):
    arrays, scalars = nano_results
    losses = build(compose("lfsc_22khz_no_slm", ["data.path=unused"])["losses"])["reconstruction"]
    assert {"mel", "stft"} <= losses.keys()
    for name in ("mel", "stft"):
        fake = arrays["fake"].clone().requires_grad_()
        value = losses[name]["loss"](fake, arrays["real"])
        assert value.item() == pytest.approx(scalars["losses"][name], rel=1e-5), name
        (gradient,) = torch.autograd.grad(value, fake)
        expected = arrays[f"gradient_{name}"]
        assert (gradient - expected).norm() / expected.norm() < 1e-4, name


def test_its_decoder_is_refused_in_one_line(nemo_nano_reference):
    with pytest.raises(
        ValueError, match=r"audio_decoder is a 'nemo.*CausalHiFiGANDecoder', which is not supported"
    ) as caught:
        lfsc.load(nemo_nano_reference / "codec.nemo")
    assert "\n" not in str(caught.value)
