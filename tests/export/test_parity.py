"""The parity that an export prints."""

import torch

from lfsc.export.graphs import TokensToAudioStep
from lfsc.export.parity import SHAPES, measure_parity, probe_audio


def test_a_codec_agrees_with_itself(make_codec):
    codec = make_codec()
    found = measure_parity(codec, lambda audio: codec.encode(audio).tokens, lambda tokens: codec.decode(tokens).audio)
    assert found.holds and found.tokens == found.tokens_equal > 0 and found.audio_difference == 0
    assert str(found) == f"{found.tokens} of {found.tokens} tokens equal, audio within 0.0e+00"


def test_one_wrong_token_or_a_touch_of_noise_is_found(make_codec):
    codec = make_codec()

    def off_by_one(audio):
        tokens = codec.encode(audio).tokens
        tokens[0, 0, 0] ^= 1
        return tokens

    wrong = measure_parity(codec, off_by_one, lambda tokens: codec.decode(tokens).audio)
    assert wrong.tokens - wrong.tokens_equal == len(SHAPES) and not wrong.holds
    loud = measure_parity(
        codec, lambda audio: codec.encode(audio).tokens, lambda tokens: codec.decode(tokens).audio + 1e-3
    )
    assert abs(loud.audio_difference - 1e-3) < 1e-6 and not loud.holds
    short = measure_parity(
        codec, lambda audio: codec.encode(audio).tokens[..., 1:], lambda tokens: codec.decode(tokens).audio[:, 1:]
    )
    assert short.tokens_equal == 0 and short.audio_difference == float("inf")


def test_the_probe_is_the_same_each_time_and_no_louder_than_speech():
    audio = probe_audio(3, 5000, 22050)
    assert audio.shape == (3, 5000) and 0.1 < audio.abs().max() < 1
    assert torch.equal(audio, probe_audio(3, 5000, 22050)) and not torch.equal(audio[0], audio[1])


def test_a_step_that_forgets_is_found(make_codec):
    codec = make_codec(rates=(3, 5), causal=True).requires_grad_(False)
    step = TokensToAudioStep(codec)
    whole = (lambda audio: codec.encode(audio).tokens, lambda tokens: codec.decode(tokens).audio)
    assert measure_parity(codec, *whole, step=step, state_size=step.state_size).holds
    forgetful = lambda tokens, state: (step(tokens, state)[0], state)  # noqa: E731
    assert not measure_parity(codec, *whole, step=forgetful, state_size=step.state_size).holds
