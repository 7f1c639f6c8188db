"""Weight norm folded away."""

import torch

from lfsc.nn.weight_norm import is_folded
from lfsc.tokens.fingerprint import fingerprint, fold


def test_a_folded_codec_makes_the_same_and_carries_its_fingerprint(make_codec):
    codec, folded = make_codec(), make_codec()
    mark = fingerprint(codec)
    fold(folded, fingerprint=mark)
    audio = 0.1 * torch.randn(1, 40 * codec.hop_length)
    assert is_folded(folded) and not is_folded(codec)
    assert fingerprint(folded) == mark
    torch.testing.assert_close(folded.encoder(audio), codec.encoder(audio), atol=1e-5, rtol=0)
    torch.testing.assert_close(folded(audio).audio, codec(audio).audio, atol=1e-5, rtol=0)


def test_folded_weights_are_parameters_even_where_nothing_trains(make_codec):
    codec = make_codec().requires_grad_(False)
    with torch.no_grad():
        fold(codec, fingerprint="0" * 16)
    assert {name.rsplit(".", 1)[1] for name, _ in codec.named_parameters()} == {"weight", "bias"}
    assert not any(parameter.requires_grad for parameter in codec.parameters())
