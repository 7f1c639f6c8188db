"""Convolutions of many channels with a third of the multiplications: tile by tile, as products of short spectra."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from lfsc.cpu.operators import convolve, reorder

# Steps that a tile gives. Where a frame has a multiple of it, tiles begin at the same steps whole and in chunks.
STEPS = 16
# Channels times tiles that are computed at once, always as many: what lies between the transforms stays in the cache,
# and oneDNN, which for another number of tiles would first bring the weight into another layout, takes it as it is.
PIECE = 24576


class FFTConv1d:
    """Of x [B,T,C] and a weight [C',C,K], K odd: [B,T−K+1,C'], as a convolution gives it but for the rounding.

    Each tile's spectrum over time, STEPS + K − 1 real numbers for each channel, is multiplied frequency by frequency
    with the weight's, by matrices over channels: two multiplications a tap's worth of steps instead of K. The tiles
    overlap by K − 1 steps and the last STEPS of the inverse transform are what no end was wrapped around into.
    """

    def __init__(self, weight: Tensor, bias: Tensor):
        self.out_channels, self.in_channels, self.taps = weight.shape
        self.size = STEPS + self.taps - 1
        forward = real_transform(self.size)
        self.forward = forward.to(weight.dtype)
        self.inverse = torch.linalg.inv(forward)[:STEPS].to(weight.dtype)
        matrices = products(weight.double(), forward[:, : self.taps]).to(weight.dtype)
        # Grouped convolutions of one tap, because oneDNN does them faster than torch its batched matrix products.
        self.shape = ([0, 0], [1, 1], [1, 1], len(matrices))
        self.tiles = max(1, PIECE // self.in_channels)
        groups, outputs, inputs = matrices.shape
        matrices = matrices.view(groups * outputs, inputs, 1, 1)
        size = [1, groups * inputs, 1, self.tiles]
        self.weight = reorder(matrices, self.shape, size)
        # The first number of a spectrum is the sum of its steps.
        self.bias = torch.cat((bias * self.size, bias.new_zeros((self.size - 1) * self.out_channels)))

    def __call__(self, x: Tensor) -> Tensor:
        steps = x.shape[1] - self.taps + 1
        tiles = -(-steps // STEPS)
        x = F.pad(x, (0, 0, 0, tiles * STEPS - steps)).contiguous()
        # No copy where there is one clip, though the tiles overlap.
        windows = x.unfold(1, self.size, STEPS).mT.flatten(0, 1)
        result = x.new_empty(len(windows), STEPS, self.out_channels)
        spectra = x.new_zeros(self.tiles, self.size, self.in_channels)
        for window, made in zip(windows.split(self.tiles), result.split(self.tiles), strict=True):
            torch.matmul(self.forward, window, out=spectra[: len(window)])
            torch.matmul(self.inverse, self.multiply(spectra)[: len(window)], out=made)
        return result.view(len(x), tiles * STEPS, self.out_channels)[:, :steps]

    def multiply(self, spectra: Tensor) -> Tensor:
        """Spectra [tiles,size,C'] of spectra [tiles,size,C]."""
        tiles = len(spectra)
        x = spectra.view(1, tiles, 1, -1).permute(0, 3, 2, 1)
        y = convolve(x, self.weight, self.bias, self.shape)
        return y.permute(0, 3, 2, 1).reshape(tiles, self.size, self.out_channels)


def real_transform(size: int) -> Tensor:
    """The discrete Fourier transform of `size` real steps, [size,size]: the sum, the alternating sum, then the real
    and the imaginary part of each frequency between."""
    steps = torch.arange(size, dtype=torch.float64)
    rows = [torch.ones_like(steps), torch.cos(math.pi * steps)]
    for frequency in range(1, size // 2):
        angle = 2 * math.pi * frequency * steps / size
        rows += [torch.cos(angle), -torch.sin(angle)]
    return torch.stack(rows)


def products(weight: Tensor, forward: Tensor) -> Tensor:
    """What spectra are multiplied with, [size/2,2C',2C]: for two numbers of a spectrum at a time, over all channels."""
    spectrum = torch.einsum("nk,oik->noi", forward, weight)
    zero = torch.zeros_like(spectrum[0])
    pairs = [((spectrum[0], zero), (zero, spectrum[1]))]
    # Convolution layers correlate: conjugated.
    pairs += [((real, imag), (-imag, real)) for real, imag in spectrum[2:].unflatten(0, (-1, 2))]
    return torch.stack([torch.cat([torch.cat(row, dim=1) for row in pair]) for pair in pairs])
