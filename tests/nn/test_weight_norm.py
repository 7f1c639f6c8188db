"""Weight norm removed."""

import torch
from torch.nn.utils.parametrize import is_parametrized

from lfsc.tokens.fingerprint import fingerprint, remove_codec_weight_norm


def test_a_codec_without_it_makes_the_same_and_carries_its_fingerprint(make_codec):
    codec, plain = make_codec(), make_codec()
    mark = fingerprint(codec)
    remove_codec_weight_norm(plain, fingerprint=mark)
    audio = 0.1 * torch.randn(1, 40 * codec.hop_length)
    assert any(map(is_parametrized, codec.modules())) and not any(map(is_parametrized, plain.modules()))
    assert fingerprint(plain) == mark
    torch.testing.assert_close(plain.encoder(audio), codec.encoder(audio), atol=1e-5, rtol=0)
    torch.testing.assert_close(plain(audio).audio, codec(audio).audio, atol=1e-5, rtol=0)


def test_plain_weights_are_parameters_even_where_nothing_trains(make_codec):
    codec = make_codec().requires_grad_(False)
    with torch.no_grad():
        remove_codec_weight_norm(codec, fingerprint="0" * 16)
    assert {name.rsplit(".", 1)[1] for name, _ in codec.named_parameters()} == {"weight", "bias"}
    assert not any(parameter.requires_grad for parameter in codec.parameters())
