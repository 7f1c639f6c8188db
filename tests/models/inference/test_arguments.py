"""What a caller does wrong with encode and decode is told in one line with what to do."""

import pytest
import torch

AUDIO = torch.zeros(2, 100)
TOKENS = torch.zeros(2, 2, 5, dtype=torch.int64)
NAN = AUDIO.clone()
NAN[1, 3] = float("nan")


@pytest.fixture
def codec(make_codec):
    return make_codec()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"audio": AUDIO[0]}, r"\[100\].*audio\[None\]"),
        ({"audio": AUDIO[:, None]}, r"\[2, 1, 100\].*squeeze\(1\)"),
        ({"audio": AUDIO.double()}, r"float64.*audio\.float\(\)"),
        ({"audio": AUDIO.short()}, r"int16.*/ 32768"),
        ({"audio": AUDIO.numpy()}, "ndarray.*tensor"),
        ({"audio": AUDIO + 12345.0}, r"audio\[0\] peaks at 1\.234e\+04.*32768"),
        ({"audio": NAN}, r"audio\[1\] holds NaN"),
        ({"audio": AUDIO / 0}, r"audio\[0\] holds NaN"),
        ({"audio": AUDIO[:, :0]}, "nothing in it"),
        ({"audio": AUDIO[:0]}, "nothing in it"),
        ({"audio": AUDIO, "sample_rate": 16000}, "16000 Hz.*22050 Hz.*resample"),
        ({"audio": AUDIO.to("meta")}, r"audio on meta.*codec\.device"),
        ({"audio": AUDIO, "audio_len": torch.tensor([100])}, r"audio_len has shape \[1\].*\[2\]"),
        ({"audio": AUDIO, "audio_len": torch.tensor([0.5, 1.0])}, "integer"),
        ({"audio": AUDIO, "audio_len": torch.tensor([True, True])}, "integer"),
        ({"audio": AUDIO, "audio_len": ["5", None]}, r"audio_len is \['5', None\], expected \[2\], an integer"),
        ({"audio": AUDIO, "audio_len": torch.tensor([5, 101])}, r"audio_len\[1\] is 101, expected 1 to 100 samples"),
        ({"audio": AUDIO, "audio_len": torch.tensor([0, 100])}, r"audio_len\[0\] is 0"),
        ({"audio": AUDIO, "chunk_seconds": 0}, "chunk_seconds is 0"),
    ],
)
def test_encode_refuses(codec, arguments, message):
    with pytest.raises(ValueError, match=message) as caught:
        codec.encode(**arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("audio", "message"),
    [
        (AUDIO[0], r"\[100\].*audio\[None\]"),
        (AUDIO[:, None], r"\[2, 1, 100\].*squeeze\(1\)"),
        (AUDIO.double(), r"float64.*audio\.float\(\)"),
        (AUDIO.numpy(), "ndarray.*tensor"),
        (AUDIO.to("meta"), r"audio on meta.*codec\.device"),
    ],
)
def test_the_pass_of_training_refuses_as_encode_does(codec, audio, message):
    with pytest.raises(ValueError, match=message):
        codec(audio)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tokens": TOKENS[0]}, r"\[2, 5\].*tokens\[None\]"),
        ({"tokens": TOKENS[:, :1]}, r"\[2, 1, 5\], expected \[batch, 2, frames\]"),
        ({"tokens": TOKENS.mT}, r"\[2, 5, 2\].*tokens\.mT"),
        ({"tokens": TOKENS.float()}, r"float32.*tokens\.long\(\)"),
        ({"tokens": TOKENS + 2016}, r"tokens\[0, 0, 0\] is 2016, expected 0 to 2015"),
        ({"tokens": TOKENS - 1}, r"is -1, expected 0 to 2015"),
        ({"tokens": TOKENS[..., :0]}, "nothing in it"),
        ({"tokens": TOKENS, "tokens_len": torch.tensor([5, 6])}, r"tokens_len\[1\] is 6, expected 1 to 5 frames"),
        ({"tokens": [[1]]}, "list"),
    ],
)
def test_decode_refuses(codec, arguments, message):
    with pytest.raises(ValueError, match=message) as caught:
        codec.decode(**arguments)
    assert "\n" not in str(caught.value)


def test_what_is_a_little_unusual_passes(codec):
    expected = codec.encode(AUDIO).tokens
    assert torch.equal(codec.encode(AUDIO, [100, 100], sample_rate=22050).tokens, expected)
    codec.encode(AUDIO + 1.3)
    decoded = codec.decode(expected).audio
    for dtype in (torch.uint16, torch.int16, torch.int32):
        assert torch.equal(codec.decode(expected.to(dtype)).audio, decoded)
