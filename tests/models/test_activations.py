import pytest
import torch
from torch.nn import functional as F

from lfsc.models.activations import ACTIVATIONS, OUTPUTS, HalfSnake, Snake, activation_of


def test_a_snake_is_the_line_and_a_squared_sine_of_its_own_frequency():
    snake = Snake(2).double()
    snake.alpha.data = torch.tensor([[[0.5], [3.0]]]).double()
    x = torch.linspace(-4, 4, 50, dtype=torch.float64).expand(1, 2, -1)
    expected = [x[0, i] + (1 - torch.cos(2 * alpha * x[0, i])) / (2 * alpha) for i, alpha in enumerate((0.5, 3.0))]
    torch.testing.assert_close(snake(x)[0], torch.stack(expected), rtol=0, atol=1e-8)


@pytest.mark.parametrize("channels", [1, 4, 5])
def test_half_a_snake_leaves_the_other_half_rectified(channels):
    x = torch.randn(2, channels, 9)
    y = HalfSnake(channels)(x)
    assert torch.equal(y[:, channels // 2 :], F.leaky_relu(x[:, channels // 2 :]))
    torch.testing.assert_close(y[:, : channels // 2], Snake(channels // 2)(x[:, : channels // 2]))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_can_be_cast_as_any_module(name):
    assert all(value.dtype == torch.float16 for value in activation_of(name, 4).half().state_dict().values())


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_input_stays_where_it_is_needed_again(name):
    x = torch.randn(2, 4, 9)
    before = x.clone()
    kept = activation_of(name, 4, inplace=False)(x)
    assert torch.equal(x, before)
    assert torch.equal(activation_of(name, 4)(x), kept)


def test_outputs():
    x = torch.tensor([-3.0, 0.5, 3.0])
    assert torch.equal(OUTPUTS["tanh"](x), torch.tanh(x))
    assert OUTPUTS["clamp"](x).tolist() == [-1, 0.5, 1]


def test_other_names_are_refused():
    with pytest.raises(ValueError, match="activation is 'gelu': expected lrelu or elu or snake or half_snake"):
        activation_of("gelu", 4)
