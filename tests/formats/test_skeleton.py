"""A codec built without memory, then filled."""

import pytest
import torch

from lfsc.config.instantiate import build
from lfsc.formats.resolve import resolve
from lfsc.formats.skeleton import build_on_meta, load_weights


class InMemory(dict):
    def shape(self, name):
        return tuple(self[name].shape)


def test_a_skeleton_has_shapes_and_no_memory_and_its_constants_are_there(checkpoint):
    with resolve(checkpoint) as found:
        codec, expected = build_on_meta(found.codec), build(found.codec)
    assert all(parameter.is_meta for parameter in codec.parameters())
    assert not any(buffer.is_meta for buffer in codec.buffers())
    assert {name: tensor.shape for name, tensor in codec.state_dict().items()} == {
        name: tensor.shape for name, tensor in expected.state_dict().items()
    }


def test_a_plain_skeleton_takes_plain_weights(checkpoint, make_codec):
    with resolve(checkpoint) as found:
        codec = build_on_meta(found.codec, weight_norm=False)
    assert {name.rsplit(".", 1)[1] for name in codec.state_dict()} == {"weight", "bias"}
    assert all(isinstance(parameter, torch.nn.Parameter) for parameter in codec.parameters())
    assert len(list(codec.parameters())) == len(codec.state_dict())


def test_filling_takes_the_tensors_themselves_and_one_type(checkpoint, make_codec):
    weights = InMemory({name: tensor.double() for name, tensor in make_codec().state_dict().items()})
    with resolve(checkpoint) as found:
        codec = build_on_meta(found.codec)
    load_weights(codec, weights)
    assert all(parameter.dtype == torch.float32 and parameter.requires_grad for parameter in codec.parameters())
    with pytest.raises(ValueError, match="tensors are missing"):
        load_weights(codec, InMemory())


@pytest.mark.parametrize("dtype", [torch.int32, torch.uint8, torch.bool, torch.float8_e4m3fn])
def test_numbers_that_are_no_weights_are_refused(dtype, checkpoint, make_codec):
    weights = InMemory(make_codec().state_dict())
    weights["encoder.conv_in.bias"] = weights["encoder.conv_in.bias"].to(dtype)
    with resolve(checkpoint) as found:
        codec = build_on_meta(found.codec)
    with pytest.raises(ValueError, match=r"encoder\.conv_in\.bias is of torch\..*: expected torch\.float32"):
        load_weights(codec, weights)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e39])
def test_weights_that_are_no_numbers_are_refused(value, checkpoint, make_codec):
    """The encoder would make tokens of them, all the same ones."""
    weights = InMemory({name: tensor.double() for name, tensor in make_codec().state_dict().items()})
    weights["encoder.conv_in.bias"][1] = value
    with resolve(checkpoint) as found:
        codec = build_on_meta(found.codec)
    with pytest.raises(ValueError, match=r"encoder\.conv_in\.bias holds NaN or infinity"):
        load_weights(codec, weights)
