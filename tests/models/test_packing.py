import pytest
import torch

from lfsc.models.folding import fold
from lfsc.models.packing import PackedConv1d, pack
from lfsc.tokens import fingerprint

pytestmark = pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch is built without oneDNN")


@pytest.fixture
def codecs(make_codec):
    """A codec, and the same one packed."""
    plain, packed = make_codec(channels=16), make_codec(channels=16)
    return plain, pack(fold(packed, fingerprint=fingerprint(packed)))


def speech_like(num_clips, num_samples):
    return torch.randn(num_clips, num_samples, generator=torch.Generator().manual_seed(0)).mul(0.2).clamp(-1, 1)


def test_every_convolution_but_the_first_is_packed(codecs):
    kinds = {name: type(layer) for name, layer in codecs[1].named_modules() if hasattr(layer, "dilation")}
    assert [name for name, kind in kinds.items() if kind is not PackedConv1d and "upsample" not in name] == [
        "encoder.conv_in"
    ]


def test_packed_and_plain_agree(codecs):
    plain, packed = codecs
    audio = speech_like(3, 4000)
    audio_len = torch.tensor([4000, 1700, 5])
    expected, found = plain.encode(audio, audio_len), packed.encode(audio, audio_len)
    assert (found.tokens == expected.tokens).float().mean() > 0.999
    heard = packed.decode(expected.tokens, expected.tokens_len).audio
    torch.testing.assert_close(heard, plain.decode(expected.tokens, expected.tokens_len).audio, rtol=0, atol=1e-5)


def test_packed_codecs_keep_the_invariants(codecs):
    packed = codecs[1]
    audio = speech_like(2, 4000)
    together = packed.encode(audio, torch.tensor([4000, 2500])).tokens
    alone = packed.encode(audio[1:, :2500]).tokens
    assert torch.equal(together[1:, :, : alone.shape[-1]], alone)
    assert torch.equal(packed.encode(audio, chunk_seconds=0.01).tokens, packed.encode(audio).tokens)


def test_packed_codecs_stream(codecs):
    packed = codecs[1]
    audio = speech_like(1, 1500)
    whole = packed.encode(audio).tokens
    stream = packed.stream()
    pieces = audio.split(100, dim=-1)
    tokens = torch.cat([stream.encode(piece, last=piece is pieces[-1]) for piece in pieces], dim=-1)
    assert torch.equal(tokens, whole)
    frames = whole.split(7, dim=-1)
    heard = torch.cat([stream.decode(part, last=part is frames[-1]) for part in frames], dim=-1)
    torch.testing.assert_close(heard, packed.decode(whole).audio, rtol=0, atol=1e-5)


def test_what_a_packed_codec_is_stays_known(codecs):
    plain, packed = codecs
    assert fingerprint(packed) == fingerprint(plain)
    assert packed.lookahead == plain.lookahead
    assert packed.encoder.min_frames == plain.encoder.min_frames
