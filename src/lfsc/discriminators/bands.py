"""Complex spectrograms at several resolutions, each cut into bands (DAC, arXiv 2306.06546)."""

from torch import Tensor, nn

from lfsc.discriminators.ensemble import Discriminator
from lfsc.discriminators.stft import ComplexSpectrogram, SpectrogramNetwork
from lfsc.nn.arguments import brief, require_resolutions, require_whole

# Layers of stride 2 over bins; the last of them still has more bins than it reflects if the band has so many.
STRIDED, FEWEST_BINS = 3, 17


class MultiBandSTFTDiscriminator(nn.ModuleList):
    """One discriminator per resolution and band, the bands of a resolution side by side.

    A resolution is (n_fft, hop, window) in samples, a band [from, to] in fractions of the n_fft/2 + 1 bins.
    """

    def __init__(self, *, resolutions: list[list[int]], bands: list[list[float]], channels: int):
        require_resolutions(resolutions=resolutions)
        require_whole(channels=channels)
        if not isinstance(bands, list | tuple) or not bands:
            raise ValueError(f"bands is {brief(bands)}: expected a list of [from, to] from 0 to 1")
        super().__init__(
            Discriminator(
                transform=SpectrogramBand(
                    bins=bins_of(bands, number, n_fft), n_fft=n_fft, hop_length=hop_length, win_length=win_length
                ),
                network=SpectrogramNetwork(channels=channels, dilations=[1] * STRIDED),
            )
            for n_fft, hop_length, win_length in resolutions
            for number in range(len(bands))
        )


class SpectrogramBand(ComplexSpectrogram):
    """Real and imaginary part [B, 2, frames, bins] of audio [B,T] in some of the bins."""

    def __init__(self, *, bins: range, n_fft: int, hop_length: int, win_length: int):
        super().__init__(n_fft=n_fft, hop_length=hop_length, win_length=win_length)
        self.bins = slice(bins.start, bins.stop)

    def forward(self, audio: Tensor) -> Tensor:
        return super().forward(audio)[..., self.bins]


def bins_of(bands: list[list[float]], number: int, n_fft: int) -> range:
    """The bins of a band; ValueError where it is none, or too narrow for the layers' reflection."""
    band, num_bins = bands[number], n_fft // 2 + 1
    is_pair = isinstance(band, list | tuple) and len(band) == 2 and all(type(edge) in (int, float) for edge in band)
    if not is_pair or not 0 <= band[0] < band[1] <= 1:
        raise ValueError(f"bands[{number}] is {brief(band)}: expected [from, to] with 0 ≤ from < to ≤ 1")
    bins = range(int(band[0] * num_bins), int(band[1] * num_bins))
    if len(bins) < FEWEST_BINS:
        raise ValueError(
            f"bands[{number}] is {brief(band)}, {len(bins)} of the {num_bins} bins of n_fft {n_fft}: expected "
            f"{FEWEST_BINS} or more; make the band wider or n_fft larger"
        )
    return bins
