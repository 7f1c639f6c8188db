import pytest
import torch
from torch.nn import functional as F

from lfsc.models.codec import Codec
from lfsc.models.decoder import Decoder
from lfsc.models.encoder import Encoder
from lfsc.models.quantizer import GroupedFSQ


@pytest.fixture
def codec(make_codec):
    return make_codec(rates=(2, 2, 4))


def speech_like(num_clips, num_samples, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(num_clips, num_samples, generator=generator).mul(0.2).clamp(-1, 1)


def random_lengths(count, longest, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(1, longest + 1, (count,), generator=generator)


@pytest.mark.parametrize("seed", range(6))
def test_a_clip_is_the_same_alone_and_beside_longer_ones(codec, seed):
    audio_len = random_lengths(5, 3000, seed)
    audio_len[0] = 1 + seed * 7
    audio = speech_like(5, int(audio_len.max()), seed)
    encoded = codec.encode(audio, audio_len)
    decoded = codec.decode(encoded.tokens, encoded.tokens_len)
    assert encoded.tokens_len.tolist() == [-(-n // codec.hop_length) for n in audio_len.tolist()]
    for i, num_samples in enumerate(audio_len.tolist()):
        alone = codec.encode(audio[i : i + 1, :num_samples])
        assert torch.equal(encoded.tokens[i, :, : encoded.tokens_len[i]], alone.tokens[0])
        assert not encoded.tokens[i, :, encoded.tokens_len[i] :].any()
        heard = codec.decode(alone.tokens)
        assert heard.audio_len.item() == decoded.audio_len[i]
        torch.testing.assert_close(decoded.audio[i, : heard.audio_len.item()], heard.audio[0], rtol=0, atol=1e-6)
        assert not decoded.audio[i, heard.audio_len.item() :].any()


@pytest.mark.parametrize("frames", [1, 2, 5, 16, 61])
def test_a_clip_is_the_same_whole_and_in_chunks(codec, frames):
    audio_len = random_lengths(4, 400 + 60 * frames, seed=frames)
    audio = speech_like(4, int(audio_len.max()))
    chunk_seconds = frames / codec.frame_rate
    whole = codec.encode(audio, audio_len)
    assert torch.equal(codec.encode(audio, audio_len, chunk_seconds=chunk_seconds).tokens, whole.tokens)
    chunked = codec.decode(whole.tokens, whole.tokens_len, chunk_seconds=chunk_seconds).audio
    expected = codec.decode(whole.tokens, whole.tokens_len).audio
    torch.testing.assert_close(chunked, expected, rtol=0, atol=1e-6)


def test_chunks_that_see_less_than_the_receptive_field_do_differ(codec, monkeypatch):
    """The test above can fail: with one frame less of context it would."""
    audio = speech_like(1, 4000)
    whole = codec.encode(audio).tokens
    needed = codec.encoder.receptive_samples
    monkeypatch.setattr(
        codec.encoder, "receptive_samples", lambda frames: range(frames.start * codec.hop_length, needed(frames).stop)
    )
    assert not torch.equal(codec.encode(audio, chunk_seconds=5 / codec.frame_rate).tokens, whole)


def test_what_lies_behind_a_clips_end_is_not_heard(codec):
    audio = speech_like(1, 1000)
    loud = F.pad(audio, (0, 500), value=float("nan"))
    assert torch.equal(codec.encode(loud, torch.tensor([1000])).tokens, codec.encode(audio).tokens)
    tokens = codec.encode(audio).tokens
    wild = F.pad(tokens, (0, 3), value=10**6)
    decoded = codec.decode(wild, torch.tensor([tokens.shape[-1]]))
    torch.testing.assert_close(decoded.audio, codec.decode(tokens).audio)


@pytest.mark.parametrize("num_samples", [1, 15, 16, 17, 63, 64, 65, 1000])
def test_lengths_and_the_training_forward_agree(codec, num_samples):
    audio = speech_like(2, num_samples)
    encoded = codec.encode(audio)
    reconstructed = codec(audio)
    assert encoded.tokens.shape == (2, 2, -(-num_samples // 16))
    assert torch.equal(reconstructed.tokens, encoded.tokens)
    heard = codec.decode(encoded.tokens).audio
    assert heard.shape == (2, encoded.tokens.shape[-1] * 16)
    if encoded.tokens.shape[-1] >= codec.min_frames:
        torch.testing.assert_close(reconstructed.audio, heard[:, :num_samples], rtol=0, atol=1e-6)


def test_decoded_frames_reencode_to_valid_tokens_over_the_whole_codebook(codec):
    tokens = torch.arange(codec.codebook_size).expand(1, codec.num_codebooks, -1)
    audio = codec.decode(tokens).audio
    assert audio.shape == (1, codec.codebook_size * codec.hop_length)
    assert int(codec.encode(audio).tokens.max()) < codec.codebook_size


def test_properties(codec):
    assert (codec.sample_rate, codec.hop_length, codec.num_codebooks, codec.codebook_size) == (22050, 16, 2, 2016)
    assert codec.frame_rate == pytest.approx(22050 / 16)
    assert codec.bitrate == pytest.approx(2 * 10.977 * 22050 / 16, rel=1e-4)
    assert (codec.device, codec.dtype) == (torch.device("cpu"), torch.float32)


def test_lookahead_of_the_papers_codec_in_milliseconds(make_codec):
    codec = make_codec(rates=(2, 2, 4, 8, 8), channels=1)
    samples = codec.encoder.receptive_samples(range(1)).stop - 1024
    assert codec.lookahead.encode == pytest.approx(1000 * samples / 22050)
    assert codec.lookahead.decode == pytest.approx(13 * 1000 * 1024 / 22050)


def test_bfloat16_weights_keep_the_public_types(codec):
    codec.bfloat16()
    audio = speech_like(1, 500)
    encoded = codec.encode(audio)
    decoded = codec.decode(encoded.tokens)
    assert (encoded.tokens.dtype, decoded.audio.dtype) == (torch.int64, torch.float32)
    reconstructed = codec(audio)
    assert torch.equal(reconstructed.tokens, encoded.tokens) and reconstructed.audio.dtype == torch.float32


def test_gradients_pass_the_codec_and_not_encode(codec):
    audio = speech_like(1, 500).requires_grad_()
    codec(audio).audio.sum().backward()
    assert audio.grad.abs().sum() > 0
    assert not codec.decode(codec.encode(audio).tokens).audio.requires_grad


def part(cls, **changes):
    shape = {"channels": 8, "latent_dim": 4, "rates": [2], "kernel_sizes": [3], "dilations": [1]}
    return cls(**{**shape, "in_kernel_size": 7, "out_kernel_size": 7, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"rates": [4]}, "encoder hops 2 samples a frame .* decoder 4"), ({"latent_dim": 8}, "8 before the decoder")],
)
def test_parts_that_contradict_each_other_are_refused(changes, message):
    quantizer = GroupedFSQ(num_codebooks=2, levels=[8, 7])
    with pytest.raises(ValueError, match=message):
        Codec(encoder=part(Encoder), quantizer=quantizer, decoder=part(Decoder, **changes), sample_rate=22050)


@pytest.fixture
def causal(make_codec):
    """As NanoCodec: an encoder that repeats its outermost step, a causal decoder."""
    shape = {"activation": "half_snake", "output_activation": "clamp", "grouped_upsampling": True}
    return make_codec(rates=(3, 5), causal=True, pad_mode="replicate", **shape)


@pytest.mark.parametrize("frames", [1, 4, 30])
def test_chunks_for_a_causal_decoder_have_context_only_behind_them(frames, causal, monkeypatch):
    seen = []
    forward = causal.decoder.forward
    monkeypatch.setattr(causal.decoder, "forward", lambda x, *more: seen.append(x.shape[-1]) or forward(x, *more))
    tokens = torch.randint(causal.codebook_size, (1, causal.num_codebooks, 60))
    whole = causal.decode(tokens).audio
    seen.clear()
    chunked = causal.decode(tokens, chunk_seconds=frames / causal.frame_rate).audio
    torch.testing.assert_close(chunked, whole, rtol=0, atol=1e-6)
    reach = -causal.decoder.receptive_frames(range(1)).start
    assert seen == [min(start, reach) + frames for start in range(0, 60, frames)]


@pytest.mark.parametrize("seed", range(3))
def test_a_clip_of_a_causal_codec_is_the_same_alone_and_beside_longer_ones(causal, seed):
    audio_len = random_lengths(4, 900, seed)
    audio_len[0] = 1
    audio = speech_like(4, int(audio_len.max()), seed)
    encoded = causal.encode(audio, audio_len)
    decoded = causal.decode(encoded.tokens, encoded.tokens_len)
    for i, num_samples in enumerate(audio_len.tolist()):
        alone = causal.encode(audio[i : i + 1, :num_samples])
        assert torch.equal(encoded.tokens[i, :, : encoded.tokens_len[i]], alone.tokens[0])
        heard = causal.decode(alone.tokens).audio[0]
        torch.testing.assert_close(decoded.audio[i, : len(heard)], heard, rtol=0, atol=1e-6)
        assert not decoded.audio[i, len(heard) :].any()
