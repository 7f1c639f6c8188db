from random import Random

import pytest
import torch

from lfsc.config.compose import compose
from lfsc.config.instantiate import build
from lfsc.cpu.apply import optimize_for_cpu, use_fast_layers
from lfsc.cpu.gradients import convolve, upsample
from lfsc.nn.weight_norm import remove_weight_norm

# Eight bits of mantissa, after some twenty layers.
CLOSE = 0.03
# Which lengths are computed by the kernel that was wrong is not known beforehand.
LENGTHS = [8192, 16384, 24576, 33792, 44100]


def difference(found: torch.Tensor, expected: torch.Tensor) -> float:
    return float((found.float() - expected).norm() / expected.norm())


@pytest.mark.parametrize("stride", range(1, 9))
def test_convolutions_of_few_channels(stride):
    random, generator = Random(stride), torch.Generator().manual_seed(stride)
    for _ in range(250):
        channels, dilation = random.randrange(1, 65), random.choice((1, 1, 3)) if stride == 1 else 1
        kernel_size = random.choice((1, 2, 3, 4, 7, 8, 11, 16, stride, 2 * stride))
        steps = random.randrange(dilation * kernel_size, 3000)
        x = torch.randn(1, channels, steps, generator=generator).bfloat16()
        weight = torch.randn(2 * channels, channels, kernel_size, generator=generator).bfloat16()
        bias = torch.zeros(2 * channels, dtype=torch.bfloat16)
        expected = torch.nn.functional.conv1d(x.float(), weight.float(), stride=stride, dilation=dilation)
        found = convolve(x, weight, bias, stride=stride, dilation=dilation)
        assert found.dtype == torch.bfloat16
        assert difference(found, expected) < CLOSE, (channels, kernel_size, dilation, steps)


@pytest.mark.parametrize("stride", [2, 4, 6, 7])
def test_gradients_of_transposed_convolutions_to_few_channels(stride):
    random, generator = Random(stride), torch.Generator().manual_seed(stride)
    for _ in range(40):
        batch, channels, steps = random.choice((1, 2, 4)), random.randrange(1, 33), random.randrange(4, 1500)
        shapes = (batch, 2 * channels, steps), (2 * channels, channels, 2 * stride), (channels,)
        inputs = [torch.randn(shape, generator=generator).bfloat16() for shape in shapes]
        gradients = {}
        for dtype in (torch.float32, torch.bfloat16):
            x, weight, bias = (each.to(dtype).requires_grad_() for each in inputs)
            found = upsample(x, weight, bias, padding=(stride + 1) // 2, output_padding=stride % 2, groups=1)
            weights = torch.randn(found.shape, generator=torch.Generator().manual_seed(0)).bfloat16().to(dtype)
            gradients[dtype] = torch.autograd.grad(found, (x, weight, bias), weights)
        for found, expected in zip(gradients[torch.bfloat16], gradients[torch.float32], strict=True):
            assert difference(found, expected) < CLOSE, (channels, batch, steps)


WIDE = [pytest.param(recipe, marks=pytest.mark.slow) for recipe in ("small", "nano_small")]


@pytest.mark.parametrize("recipe", ["demo", "pocket", *WIDE])
def test_both_halves_of_a_codec_give_what_float32_gives(recipe):
    config = compose(recipe, ["data.path=anywhere"])["codec"]
    torch.manual_seed(0)  # some draws give audio so quiet that its rounding is not CLOSE
    textbook, fast, packed = (build(config).eval() for _ in range(3))
    for codec in (fast, packed):
        codec.load_state_dict(textbook.state_dict())
    use_fast_layers(fast)
    remove_weight_norm(packed)
    optimize_for_cpu(packed.bfloat16())
    for length in LENGTHS:
        audio = 0.1 * torch.randn(1, length, generator=torch.Generator().manual_seed(length))
        with torch.no_grad():
            expected = textbook.encoder(audio)
            with torch.autocast("cpu", torch.bfloat16):
                found = fast.encoder(audio)
            assert difference(found, expected) < CLOSE, length
            assert difference(packed.encoder(audio.bfloat16()), expected) < CLOSE, length
            codes = torch.randn(1, textbook.decoder.latent_dim, expected.shape[-1])
            expected = textbook.decoder(codes)
            with torch.autocast("cpu", torch.bfloat16):
                assert difference(fast.decoder(codes), expected) < CLOSE, length
            assert difference(packed.decoder(codes.bfloat16()), expected) < CLOSE, length


@pytest.mark.parametrize("discriminators", ["demo", "small"])
def test_discriminators_give_the_feature_maps_of_float32(discriminators):
    overrides = [f"discriminators={discriminators}", "data.path=anywhere", "slm.path=null"]
    config = compose("small", overrides)["discriminators"]
    audio = 0.1 * torch.randn(2, 16384, generator=torch.Generator().manual_seed(0))
    for member in (member for family in ("stft", "period") for member in build(config[family])):
        with torch.no_grad():
            inputs = member.transform(audio)
            expected = member.network(inputs)
            with torch.autocast("cpu", torch.bfloat16):
                found = member.network(inputs)
        # The last is the score, a small difference of large numbers.
        for half, full in zip(found.feature_maps[:-1], expected.feature_maps[:-1], strict=True):
            assert difference(half, full) < CLOSE


@pytest.mark.parametrize("recipe", ["demo", "pocket"])
def test_a_decoder_has_the_gradient_of_float32(recipe):
    decoder = use_fast_layers(build(compose(recipe, ["data.path=anywhere"])["codec"]["decoder"]))
    weights = torch.randn(2, 1, 8192, generator=torch.Generator().manual_seed(0))
    gradients = []
    for enabled in (False, True):
        codes = torch.linspace(-1, 1, 2 * 32 * 8).sin().view(2, 32, 8).requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            audio = decoder(codes)
        (audio.float() * weights.view_as(audio)).sum().backward()
        gradients.append(codes.grad)
    # What the roundings of all layers add up to; one wrong layer gives 1.
    assert difference(gradients[1], gradients[0]) < 0.3
