import pytest
import torch

from lfsc.cpu.apply import optimize_for_cpu, pack
from lfsc.cpu.packing import PackedConv1d, PackedUpsample, TiledCausalConv1d, TiledConv1d
from lfsc.models.causal_layers import CausalConv1d, CausalUpsampleConv1d
from lfsc.models.layers import PaddedConv1d, UpsampleConv1d
from lfsc.nn.weight_norm import remove_weight_norm
from lfsc.tokens.fingerprint import fingerprint, remove_codec_weight_norm

pytestmark = pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch is built without oneDNN")


SHAPES = {
    "narrow": {"channels": 16},
    "wide": {"channels": 48, "rates": (2, 4, 16)},
    "causal": {"channels": 48, "rates": (2, 4, 16), "causal": True, "causal_encoder": True},
}


@pytest.fixture(scope="module", params=SHAPES)
def codecs(make_codec, request):
    """A codec, and the same one packed; in the wide one some layers work by tiles. Nobody may change them."""
    shape = SHAPES[request.param]
    plain, packed = make_codec(**shape), make_codec(**shape)
    return plain, optimize_for_cpu(remove_codec_weight_norm(packed, fingerprint=fingerprint(packed)))


def speech_like(num_clips, num_samples):
    return torch.randn(num_clips, num_samples, generator=torch.Generator().manual_seed(0)).mul(0.2).clamp(-1, 1)


def test_every_layer_but_the_first_is_packed(codecs):
    left = [
        name
        for name, layer in codecs[1].named_modules()
        if isinstance(layer, PaddedConv1d | UpsampleConv1d) and not isinstance(layer, PackedConv1d | PackedUpsample)
    ]
    assert left == ["encoder.conv_in"]


def test_wide_layers_are_tiled_where_tiles_begin_with_frames(make_codec):
    # Steps a frame in the encoder's blocks: 128, 64 and 16; then 60, 30 and 10.
    for rates, expected in (((2, 4, 16), 8), ((2, 3, 10), 0)):
        codec = make_codec(channels=48, rates=rates)
        optimize_for_cpu(remove_codec_weight_norm(codec, fingerprint=fingerprint(codec)))
        assert sum(isinstance(layer, TiledConv1d) for layer in codec.encoder.modules()) == expected
        assert sum(isinstance(layer, TiledConv1d) for layer in codec.decoder.modules()) == 24


@pytest.mark.parametrize("dilation", [1, 3, 5])
@pytest.mark.parametrize("steps", [60, 97, 1600])
def test_tiled_layers_agree_with_plain_ones(dilation, steps):
    layer = PaddedConv1d(8, 8, 11, dilation=dilation)
    remove_weight_norm(layer.requires_grad_(False))
    x, length = torch.randn(3, 8, steps), torch.tensor([steps, 58, 59])
    found, expected = TiledConv1d(layer)(x, length), layer(x, length)
    for row, (clip, wanted) in enumerate(zip(found, expected, strict=True)):
        torch.testing.assert_close(clip[:, : length[row]], wanted[:, : length[row]], rtol=0, atol=1e-5)


def test_tiled_causal_layers_agree_with_plain_ones():
    layer = CausalConv1d(8, 8, 11, dilation=3)
    remove_weight_norm(layer.requires_grad_(False))
    x = torch.randn(3, 8, 97)
    torch.testing.assert_close(TiledCausalConv1d(layer)(x), layer(x), rtol=0, atol=1e-5)


@pytest.mark.parametrize("rate", [2, 3, 8])
@pytest.mark.parametrize("kind", [UpsampleConv1d, CausalUpsampleConv1d])
def test_packed_upsampling_agrees_with_the_plain(rate, kind):
    layer = kind(6, 4, rate=rate)
    remove_weight_norm(layer.requires_grad_(False))
    x, length = torch.randn(2, 6, 37), torch.tensor([37, 20])
    packed = pack(layer, tiled=False)
    assert isinstance(packed, PackedUpsample)
    for found, expected, steps in zip(packed(x, length), layer(x, length), rate * length, strict=True):
        torch.testing.assert_close(found[:, :steps], expected[:, :steps], rtol=0, atol=1e-5)
    torch.testing.assert_close(packed.between(x, packed.weight), layer.between(x, layer.weight), rtol=0, atol=1e-5)


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
    assert torch.equal(packed.encode(audio, chunk_seconds=0.03).tokens, packed.encode(audio).tokens)


def test_packed_codecs_stream(codecs):
    packed = codecs[1]
    audio = speech_like(1, 1500)
    whole = packed.encode(audio).tokens
    stream = packed.stream()
    pieces = audio.split(350, dim=-1)
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
