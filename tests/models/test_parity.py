"""The generator against NeMo's, in float32 on the CPU."""

import pytest
import torch


@pytest.fixture
def codec(reference):
    return reference.codec.eval()


def test_latents_equal_nemos(codec, reference):
    clip, theirs = codec.pad(reference.arrays["clip"]), reference.arrays["clip_latents"]
    with torch.no_grad():
        latents = codec.encoder(clip)
        exact = codec.encoder.double()(clip.double())
    # One of the codecs amplifies rounding a hundred times, and another CPU adds in another order.
    rounding = (theirs - exact).abs().max().item()
    assert rounding < 2e-4
    torch.testing.assert_close(latents, theirs, atol=max(1e-5, 2 * rounding), rtol=0)


def test_tokens_equal_nemos(codec, reference):
    encoded = codec.encode(reference.arrays["clip"])
    assert torch.equal(encoded.tokens, reference.arrays["clip_tokens"].long())
    assert encoded.tokens_len.tolist() == [reference.scalars["clip_frames"]]


def test_dequantized_values_equal_nemos(codec, reference):
    codes = codec.quantizer.dequantize(reference.arrays["clip_tokens"].long())
    assert torch.equal(codes, reference.arrays["clip_dequantized"])


def test_training_hands_the_decoder_what_the_tokens_mean(codec, reference):
    quantized = codec.quantizer(reference.arrays["clip_latents"])
    assert torch.equal(quantized.quantized, reference.arrays["clip_dequantized"])


def test_audio_equals_nemos(codec, reference):
    decoded = codec.decode(reference.arrays["clip_tokens"].long())
    torch.testing.assert_close(decoded.audio, reference.arrays["clip_decoded"], atol=1e-5, rtol=0)
    assert decoded.audio_len.tolist() == [reference.scalars["clip_decoded_length"]]
