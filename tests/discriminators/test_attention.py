import copy

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import WavLMConfig, WavLMModel
from transformers.models.wavlm.modeling_wavlm import WavLMAttention

from lfsc.discriminators.attention import FusedAttention, with_fused_attention


def make_wavlm(*, heads: int = 2, width: int = 16, layers: int = 3) -> WavLMModel:
    """A tiny WavLM of random weights whose gates and biases matter."""
    torch.manual_seed(0)
    config = WavLMConfig(
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=32,
        conv_dim=[16] * 7,
        num_conv_pos_embeddings=15,  # with 16 half precision would be wrong (lfsc.cpu.half_precision)
        num_conv_pos_embedding_groups=4,
        num_buckets=32,
        max_bucket_distance=20,
    )
    wavlm = WavLMModel(config).eval().requires_grad_(False)
    wavlm.encoder.layers[0].attention.rel_attn_embed.weight.normal_()
    for layer in wavlm.encoder.layers:
        layer.attention.gru_rel_pos_const.normal_()
        for linear in (layer.attention.q_proj, layer.attention.k_proj):
            linear.weight.normal_(std=0.5)
            linear.bias.normal_()
    return wavlm


def hidden_states(wavlm: WavLMModel, audio: torch.Tensor) -> torch.Tensor:
    return torch.stack(wavlm(audio, output_hidden_states=True).hidden_states)


@pytest.mark.parametrize(("heads", "samples"), [(1, 4000), (2, 16000), (4, 7777)])
def test_hidden_states_and_gradients_are_transformers_own(heads, samples):
    wavlm = make_wavlm(heads=heads)
    audio = (torch.randn(2, samples) / 10).requires_grad_()
    expected = hidden_states(wavlm, audio)
    # Not their norm, which layer normalisation fixes.
    direction = torch.randn_like(expected)
    (expected_gradient,) = torch.autograd.grad((expected * direction).sum(), audio)
    found = hidden_states(with_fused_attention(wavlm), audio)
    (gradient,) = torch.autograd.grad((found * direction).sum(), audio)
    torch.testing.assert_close(found, expected, atol=5e-6, rtol=0)
    torch.testing.assert_close(gradient, expected_gradient, atol=1e-5 * expected_gradient.abs().max().item(), rtol=0)


def test_transformers_that_asks_for_weights_gets_none():
    """As before 5.16 it does: with one argument more."""
    attention = with_fused_attention(make_wavlm(width=16)).encoder.layers[0].attention
    states, bias = torch.randn(2, 5, 16), torch.randn(4, 5, 5)
    mixed, weights = attention.torch_multi_head_self_attention(states, None, bias, False)
    assert weights is None
    assert torch.equal(mixed, attention.torch_multi_head_self_attention(states, None, bias)[0])


def test_without_a_graph_they_are_the_same():
    """torch then takes another kernel, which knows no gradient of the bias."""
    wavlm = make_wavlm()
    audio = torch.randn(2, 8000) / 10
    with torch.no_grad():
        expected = hidden_states(wavlm, audio)
        found = hidden_states(with_fused_attention(wavlm), audio)
    torch.testing.assert_close(found, expected, atol=5e-6, rtol=0)


def test_real_and_fake_audio_pass_the_same_kernels_of_a_gpu(monkeypatch):
    """cuDNN's, which a Hopper GPU prefers, has no gradient of the bias: torch takes it for real audio alone."""
    enabled, attention = [], F.scaled_dot_product_attention

    def watched(*args, **kwargs):
        enabled.append((torch.backends.cuda.cudnn_sdp_enabled(), torch.backends.cuda.mem_efficient_sdp_enabled()))
        return attention(*args, **kwargs)

    monkeypatch.setattr(F, "scaled_dot_product_attention", watched)
    before = torch.backends.cuda.cudnn_sdp_enabled()
    hidden_states(with_fused_attention(make_wavlm()), torch.randn(1, 4000) / 10)
    assert set(enabled) == {(False, True)} and torch.backends.cuda.cudnn_sdp_enabled() == before


def test_the_bias_matters():
    """Otherwise the tests above would not see a wrong one."""
    wavlm, audio = make_wavlm(), torch.randn(1, 8000) / 10
    before = hidden_states(wavlm, audio)
    wavlm.encoder.layers[0].attention.rel_attn_embed.weight.zero_()
    assert (hidden_states(wavlm, audio) - before).abs().max() > 1e-2


def test_bfloat16_is_as_near_as_its_eight_bits():
    wavlm = make_wavlm()
    audio = torch.randn(2, 8000) / 10
    expected = hidden_states(wavlm, audio)
    with torch.autocast("cpu", torch.bfloat16):
        theirs = hidden_states(wavlm, audio).float()
        ours = hidden_states(with_fused_attention(wavlm), audio).float()
    distance = (ours - expected).norm() / expected.norm()
    assert distance < 1.5 * (theirs - expected).norm() / expected.norm()
    assert distance < 0.03


@pytest.mark.parametrize("length", [1, 7, 60])
def test_the_bias_is_that_of_transformers_also_where_distances_are_alike(length):
    attention = with_fused_attention(make_wavlm()).encoder.layers[0].attention
    assert torch.equal(attention.compute_bias(length, length), WavLMAttention.compute_bias(attention, length, length))


def test_buckets_are_computed_once_and_stay_where_they_are():
    wavlm = with_fused_attention(make_wavlm())
    first = wavlm.encoder.layers[0].attention
    hidden_states(wavlm, torch.randn(1, 4000) / 10)
    buckets = first.buckets
    hidden_states(wavlm, torch.randn(1, 8000) / 10)
    assert first.buckets is buckets


def test_positions_are_where_the_model_is():
    """Also after it has moved, and with nothing copied from the host: by tensors that stand in for a GPU's."""
    attention = with_fused_attention(make_wavlm()).encoder.layers[0].attention
    attention.compute_bias(7, 7)
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        attention.rel_attn_embed.weight = torch.nn.Parameter(mode.from_tensor(torch.empty(32, 2)).cuda())
        made = Devices()
        with made:
            assert attention.compute_bias(7, 7).device.type == "cuda"
        assert made.seen == {"cuda"}


class Devices(TorchDispatchMode):
    """Where the results of operations lie."""

    def __init__(self):
        super().__init__()
        self.seen = set()

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        result = function(*arguments, **(options or {}))
        if isinstance(result, torch.Tensor):
            self.seen.add(result.device.type)
        return result


def test_parameters_and_their_names_stay():
    wavlm = make_wavlm()
    before = {name: tensor.data_ptr() for name, tensor in wavlm.state_dict().items()}
    fused = with_fused_attention(wavlm)
    assert fused is wavlm
    assert {name: tensor.data_ptr() for name, tensor in fused.state_dict().items()} == before
    assert all(type(layer.attention) is FusedAttention for layer in copy.deepcopy(fused).encoder.layers)


def test_another_model_stays_as_it_is():
    network = torch.nn.Linear(1, 1)
    assert with_fused_attention(network) is network
