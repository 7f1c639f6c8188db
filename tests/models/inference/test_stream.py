import pytest
import torch

SHAPES = {
    "even rates": {"rates": (2, 2, 4)},
    "odd rates": {"rates": (3, 5)},
    "snakes": {"rates": (3, 5), "activation": "half_snake", "pad_mode": "replicate", "output_activation": "clamp"},
    "causal": {"rates": (3, 5), "causal": True, "activation": "half_snake", "grouped_upsampling": True},
    "causal, replicating": {"rates": (2, 4), "causal": True, "pad_mode": "replicate", "output_activation": "clamp"},
    "causal encoder": {"rates": (3, 5), "causal_encoder": True, "activation": "half_snake"},
    "causal both ways": {"rates": (2, 4), "causal_encoder": True, "causal": True, "grouped_upsampling": True},
    "zeros": {"rates": (2, 4), "activation": "elu", "pad_mode": "zeros", "grouped_upsampling": True},
}


@pytest.fixture(params=SHAPES)
def codec(make_codec, request):
    return make_codec(**SHAPES[request.param])


def audio_of(num_samples):
    return torch.randn(2, num_samples, generator=torch.Generator().manual_seed(0)).mul(0.2).clamp(-1, 1)


def streamed(step, x, pieces):
    """What `step` gives for x [B,...,T] in pieces, the last one marked as such."""
    parts = x.split(pieces, dim=-1)
    return torch.cat([step(part, last=i == len(parts) - 1) for i, part in enumerate(parts)], dim=-1)


@pytest.mark.parametrize("pieces", [1, 7, 16, 5000])
def test_tokens_of_a_stream_are_those_of_the_whole(codec, pieces):
    audio = audio_of(min(1500, max(250, 40 * pieces)))
    assert torch.equal(streamed(codec.stream().encode, audio, pieces), codec.encode(audio).tokens)


def test_the_memory_of_a_piece_may_be_filled_with_the_next(codec):
    audio, stream, memory = audio_of(100), codec.stream(), torch.zeros(2, 1)
    tokens = streamed(lambda piece, last: stream.encode(memory.copy_(piece), last=last), audio, 1)
    assert torch.equal(tokens, codec.encode(audio).tokens)


@pytest.mark.parametrize("pieces", [1, 4, 16, 1000])
def test_audio_of_a_stream_is_that_of_the_whole(codec, pieces):
    tokens = codec.encode(audio_of(500 if pieces == 1 else 1500)).tokens
    heard = streamed(codec.stream().decode, tokens, pieces)
    torch.testing.assert_close(heard, codec.decode(tokens).audio, rtol=0, atol=1e-6)


@pytest.mark.parametrize("num_samples", [1, 10, 16, 17, 33, 50])
def test_clips_shorter_than_reflection_needs(codec, num_samples):
    audio = audio_of(num_samples)
    encoded = codec.encode(audio)
    stream = codec.stream()
    assert torch.equal(streamed(stream.encode, audio, 3), encoded.tokens)
    heard = streamed(stream.decode, encoded.tokens, 1)
    torch.testing.assert_close(heard, codec.decode(encoded.tokens).audio, rtol=0, atol=1e-6)


def test_nothing_comes_later_than_the_lookahead(codec):
    audio = audio_of(360)
    stream = codec.stream()
    made = stream.encode(audio[:, :300]).shape[-1]
    for arrived, sample in enumerate(audio[:, 300:].split(1, dim=-1), start=301):
        made += stream.encode(sample).shape[-1]
        complete = [f for f in range(made + 1) if codec.encoder.receptive_samples(range(f, f + 1)).stop <= arrived]
        assert made == len(complete)


def test_audio_comes_no_later_than_its_lookahead(codec):
    tokens = codec.encode(audio_of(600)).tokens
    stream = codec.stream()
    made = 0
    for arrived, frame in enumerate(tokens.split(1, dim=-1), start=1):
        made += stream.decode(frame).shape[-1]
        assert codec.decoder.receptive_frames(range(made, made + 1)).stop > arrived
        assert made == 0 or codec.decoder.receptive_frames(range(made - 1, made)).stop <= arrived
    lookahead = codec.lookahead.decode / 1000 * codec.frame_rate
    assert made >= (arrived - round(lookahead)) * codec.hop_length


def test_an_empty_piece_changes_nothing_and_may_end_a_clip(codec):
    audio = audio_of(500)
    stream = codec.stream()
    parts = [stream.encode(part) for part in (audio[:, :200], audio[:, :0], audio[:, 200:])]
    parts.append(stream.encode(audio[:, :0], last=True))
    tokens = torch.cat(parts, dim=-1)
    assert torch.equal(tokens, codec.encode(audio).tokens)
    parts = [stream.decode(tokens), stream.decode(tokens[..., :0]), stream.decode(tokens[..., :0], last=True)]
    torch.testing.assert_close(torch.cat(parts, dim=-1), codec.decode(tokens).audio, rtol=0, atol=1e-6)


def test_a_stream_begins_anew_after_the_last_piece(codec):
    first, second = audio_of(300), audio_of(700)
    stream = codec.stream()
    stream.encode(first, last=True)
    assert torch.equal(streamed(stream.encode, second, 50), codec.encode(second).tokens)


def test_mistakes_are_refused_and_leave_the_stream_as_it_was(codec):
    audio = audio_of(300)
    stream = codec.stream()
    tokens = stream.encode(audio[:, :100])
    with pytest.raises(ValueError, match="peaks at"):
        stream.encode(audio * 32768)
    tokens = torch.cat([tokens, stream.encode(audio[:, 100:], last=True)], dim=-1)
    assert torch.equal(tokens, codec.encode(audio).tokens)


def test_a_call_that_fails_leaves_the_stream_as_it_was(codec, monkeypatch):
    audio = audio_of(900)
    expected = codec.encode(audio).tokens
    stream = codec.stream()
    steps = [(stream.encode, audio, 500), (stream.decode, expected, expected.shape[-1] // 2)]
    results = []
    for step, whole, half in steps:
        first = step(whole[..., :half])
        with monkeypatch.context() as broken:
            # Late in the step, when most layers have run.
            broken.setattr(codec.encoder.activation_out, "forward", lambda x: 1 / 0)
            broken.setattr(codec.decoder.activation_out, "forward", lambda x: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                step(whole[..., half:], last=True)
        results.append(torch.cat((first, step(whole[..., half:], last=True)), dim=-1))
    assert torch.equal(results[0], expected)
    torch.testing.assert_close(results[1], codec.decode(expected).audio, rtol=0, atol=1e-6)


def test_clips_begin_and_end_together(codec):
    audio = audio_of(400)
    tokens = codec.encode(audio).tokens
    stream = codec.stream()
    for step, x, name in ((stream.encode, audio, "audio"), (stream.decode, tokens, "tokens")):
        step(x[..., :200])
        with pytest.raises(ValueError, match=rf"^{name} of batch size 1 in a stream that began with 2: .* last=True"):
            step(x[:1, ..., 200:])
        step(x[..., 200:], last=True)
        step(x[:1], last=True)


def test_a_part_that_is_not_one_of_ours_cannot_stream(codec):
    codec.decoder = torch.nn.Linear(1, 1)
    with pytest.raises(ValueError, match="a Linear cannot stream: only what inherits from Decoder can"):
        codec.stream()
