from copy import deepcopy

import pytest
import torch

import lfsc
from lfsc.cpu import layers
from lfsc.cpu.apply import use_fast_layers
from lfsc.cpu.layers import FastCausalConv1d, FastConv1d, FastUpsample
from lfsc.models.causal_layers import CausalConv1d
from lfsc.models.layers import PaddedConv1d, UpsampleConv1d
from lfsc.tokens.fingerprint import fingerprint

SHAPE = {"channels": 16, "rates": (2, 2, 8)}


@pytest.fixture(params=[{}, {"causal": True}], ids=["", "causal"])
def codecs(make_codec, request):
    """A codec of the textbook's layers, and the same one with fast ones."""
    return make_codec(**SHAPE, **request.param), use_fast_layers(make_codec(**SHAPE, **request.param))


def noise(num_samples):
    return torch.randn(2, num_samples, generator=torch.Generator().manual_seed(0)).mul(0.2).clamp(-1, 1)


def all_fast(codec):
    found = [layer for layer in codec.modules() if isinstance(layer, PaddedConv1d | UpsampleConv1d)]
    return bool(found) and all(isinstance(layer, FastConv1d | FastUpsample) for layer in found)


def test_parameters_and_results_stay_and_gradients_agree(codecs):
    plain, fast = codecs
    assert all_fast(fast) and not all_fast(plain)
    assert [*plain.state_dict()] == [*fast.state_dict()]
    assert fingerprint(plain) == fingerprint(fast)
    heard = [codec(noise(1600)).audio for codec in codecs]
    assert torch.equal(*heard)
    for audio in heard:
        audio.square().sum().backward()
    for ours, theirs in zip(fast.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-3, atol=1e-5)


def test_gradients_take_the_faster_ways(codecs, monkeypatch):
    taken = []
    for name in ("convolve", "upsample"):
        way = getattr(layers, name)
        monkeypatch.setattr(layers, name, lambda *a, name=name, way=way, **k: taken.append(name) or way(*a, **k))
    plain, fast = codecs
    plain(noise(1600))
    assert not taken
    fast(noise(1600))
    assert taken.count("upsample") == len(SHAPE["rates"])
    assert taken.count("convolve") == sum(isinstance(layer, PaddedConv1d) for layer in fast.modules())


def test_streams_take_the_faster_ways_and_equal_the_whole(codecs, monkeypatch):
    taken = []
    for name in ("convolve_by_product", "upsample_by_product"):
        way = getattr(layers, name)
        monkeypatch.setattr(layers, name, lambda *a, name=name, way=way, **k: taken.append(name) or way(*a, **k))
    fast = codecs[1]
    audio = noise(1600)
    whole = fast.encode(audio).tokens
    assert not taken
    stream, pieces = fast.stream(), audio.split(32, dim=-1)
    tokens = torch.cat([stream.encode(piece, last=piece is pieces[-1]) for piece in pieces], dim=-1)
    assert torch.equal(tokens, whole)
    frames = whole.split(1, dim=-1)
    heard = torch.cat([stream.decode(frame, last=frame is frames[-1]) for frame in frames], dim=-1)
    torch.testing.assert_close(heard, fast.decode(whole).audio, rtol=0, atol=1e-5)
    assert {"convolve_by_product", "upsample_by_product"} == set(taken)


def test_a_copy_is_as_fast_and_folding_keeps_it_so(codecs):
    copied = deepcopy(codecs[1])
    assert all_fast(copied)
    assert torch.equal(copied(noise(1600)).audio, codecs[1](noise(1600)).audio)
    layer = copied.decoder.conv_in
    torch.nn.utils.parametrize.remove_parametrizations(layer, "weight")
    fast = FastCausalConv1d if isinstance(layer, CausalConv1d) else FastConv1d
    assert type(layer) is fast
    assert type(use_fast_layers(layer)) is fast


def test_what_is_loaded_is_fast_and_so_is_what_is_trained(write_checkpoint, micro, tmp_path):
    from lfsc.training.build import build_module

    assert all_fast(lfsc.load(write_checkpoint(tmp_path / "codec.ckpt")))
    assert all_fast(build_module(micro.configuration(tmp_path, tmp_path)).codec)
