"""Audio as tokens arrive, without waiting."""

import pytest
import torch

from lfsc.config.compose import compose
from lfsc.config.instantiate import build
from lfsc.models.inference.causal_decoding import CausalDecoding

SHAPE = {
    "rates": (3, 5),
    "causal": True,
    "activation": "half_snake",
    "output_activation": "clamp",
    "pad_mode": "replicate",
    "grouped_upsampling": True,
}


@pytest.fixture
def codec(make_codec):
    return make_codec(**SHAPE)


def tokens_of(codec, clips, frames, seed=0):
    chance = torch.Generator().manual_seed(seed)
    return torch.randint(codec.codebook_size, (clips, codec.num_codebooks, frames), generator=chance)


def test_each_frame_is_complete_when_its_tokens_are_there_and_nothing_is_left_for_the_end(codec):
    tokens = tokens_of(codec, 2, 40)
    stream, heard = codec.stream(), []
    for frame in tokens.split(1, dim=-1):
        heard.append(stream.decode(frame))
        assert heard[-1].shape == (2, codec.hop_length)
    assert stream.decode(tokens[..., :0], last=True).shape == (2, 0)
    torch.testing.assert_close(torch.cat(heard, dim=-1), codec.decode(tokens).audio, rtol=0, atol=1e-6)
    assert codec.lookahead.decode == 0 < codec.lookahead.encode


def test_the_next_clip_begins_in_silence(codec):
    tokens = tokens_of(codec, 1, 9)
    stream = codec.stream()
    for end in (lambda: stream.reset(), lambda: stream.decode(tokens[..., :0], last=True)):
        stream.decode(tokens_of(codec, 1, 5, seed=1))
        end()
        torch.testing.assert_close(stream.decode(tokens), codec.decode(tokens).audio, rtol=0, atol=1e-6)
        end()
    assert stream.decode(tokens_of(codec, 3, 1)).shape[0] == 3, "another number of clips"


def test_clips_of_a_batch_begin_anew_one_by_one(codec):
    stream = codec.stream()
    first, second = tokens_of(codec, 3, 6), tokens_of(codec, 3, 8, seed=1)
    stream.decode(first)
    stream.reset([1])
    heard = stream.decode(second)
    alone = codec.decode(second[1:2]).audio
    torch.testing.assert_close(heard[1:2], alone, rtol=0, atol=1e-6)
    whole = codec.decode(torch.cat((first, second), dim=-1)).audio[:, 6 * codec.hop_length :]
    torch.testing.assert_close(heard[[0, 2]], whole[[0, 2]], rtol=0, atol=1e-6)
    with pytest.raises(ValueError, match=r"clips \[3\] of a stream of 3: expected 0 to 2"):
        stream.reset([3])


@pytest.mark.parametrize(
    ("clips", "message"),
    [
        (torch.tensor([False, False, True]), "clips are torch.bool, expected numbers from 0 to 2: write mask.nonzero"),
        ([False, False, True], "clips are torch.bool"),
        ([1.7], "clips are torch.float32, expected numbers"),
        ("all", "clips is 'all', expected numbers from 0 to 2"),
        ({1}, "expected numbers from 0 to 2"),
    ],
)
def test_clips_to_begin_anew_are_numbers(codec, clips, message):
    stream = codec.stream()
    stream.decode(tokens_of(codec, 3, 2))
    with pytest.raises(ValueError, match=message):
        stream.reset(clips)
    stream.reset([])


def test_a_codec_that_is_not_causal_begins_anew_as_a_whole(make_codec):
    with pytest.raises(ValueError, match="only a causal decoder"):
        make_codec().stream().reset([0])


def refused(codec) -> dict:
    good = tokens_of(codec, 2, 1)
    return {
        "tokens of batch size 3 in a stream that began with 2": tokens_of(codec, 3, 1),
        "tokens of batch size 0 in a stream that began with 2": good[:0],
        "expected 0 to 2015": good + codec.codebook_size,
        "expected integers": good.float(),
        "have shape": good[:, :1],
    }


def test_a_chunk_that_is_refused_leaves_the_state_as_it_was(codec):
    tokens = tokens_of(codec, 2, 8)
    stream = codec.stream()
    heard = [stream.decode(tokens[..., :5])]
    for reason, chunk in refused(codec).items():
        with pytest.raises(ValueError, match=reason):
            stream.decode(chunk)
    heard.append(stream.decode(tokens[..., 5:]))
    torch.testing.assert_close(torch.cat(heard, dim=-1), codec.decode(tokens).audio, rtol=0, atol=1e-6)


def test_a_step_that_fails_leaves_the_state_as_it_was(codec, monkeypatch):
    tokens = tokens_of(codec, 1, 8)
    stream = codec.stream()
    heard = [stream.decode(tokens[..., :5])]
    with monkeypatch.context() as broken:
        # Late in the step, when most layers have run.
        broken.setattr(codec.decoder.activation_out, "forward", lambda x: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            stream.decode(tokens[..., 5:])
    heard.append(stream.decode(tokens[..., 5:]))
    torch.testing.assert_close(torch.cat(heard, dim=-1), codec.decode(tokens).audio, rtol=0, atol=1e-6)


def test_a_memory_may_be_kept_and_used_again(codec):
    step = CausalDecoding(codec.decoder)
    latents = torch.randn(1, codec.decoder.latent_dim, 7)
    with torch.no_grad():
        _, memory = step(latents[..., :4], step.silence(1))
        once, again = step(latents[..., 4:], memory)[0], step(latents[..., 4:], memory)[0]
        assert torch.equal(once, again)
        whole = codec.decoder(latents)[:, 4 * codec.hop_length :]
    torch.testing.assert_close(once, whole, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("rate", "numbers"), [("0.6", 182616), ("1.78", 182832), ("1.89", 182712)])
def test_the_memory_of_the_published_codecs_is_as_small_as_it_can_be(rate, numbers):
    config = compose("nano_22khz_1.78kbps", ["data.path=x", f"codec=nano_{rate}kbps"])["codec"]["decoder"]
    with torch.device("meta"):
        memory = CausalDecoding(build(config)).silence(1)
    assert sum(end.numel() for end in memory) == numbers
    assert len(memory) == 97
