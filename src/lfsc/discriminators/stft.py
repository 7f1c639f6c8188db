"""Complex spectrograms at several resolutions (EnCodec, arXiv 2210.13438)."""

from torch import Tensor, cat, nn
from torch.nn.utils.parametrizations import weight_norm

from lfsc.audio.spectra import Spectrogram
from lfsc.discriminators.ensemble import Discriminator, Judgement


class MultiResolutionSTFTDiscriminator(nn.ModuleList):
    """One discriminator a resolution; a resolution is (n_fft, hop, window)."""

    def __init__(self, *, resolutions: list[list[int]], channels: int, dilations: list[int]):
        super().__init__(
            Discriminator(
                view=ComplexSpectrogram(n_fft=n_fft, hop_length=hop_length, win_length=win_length),
                judge=SpectrogramJudge(channels=channels, dilations=dilations),
            )
            for n_fft, hop_length, win_length in resolutions
        )


class ComplexSpectrogram(nn.Module):
    """Real and imaginary part [B, 2, frames, bins] of audio [B,T], in float32."""

    def __init__(self, *, n_fft: int, hop_length: int, win_length: int):
        super().__init__()
        self.spectrogram = Spectrogram(n_fft=n_fft, hop_length=hop_length, win_length=win_length, normalized=True)

    def forward(self, audio: Tensor) -> Tensor:
        spectrum = self.spectrogram(audio)[:, None]
        return cat([spectrum.real, spectrum.imag], dim=1).transpose(2, 3)


class SpectrogramJudge(nn.Module):
    """Convolutions over frames and bins: a wide one, one of stride 2 over bins a dilation over frames, a square one."""

    def __init__(self, *, channels: int, dilations: list[int]):
        super().__init__()
        self.activation = nn.LeakyReLU(0.1)
        self.convs = nn.ModuleList(
            [
                spectral_conv(2, channels, (3, 9)),
                *(spectral_conv(channels, channels, (3, 9), stride=2, dilation=dilation) for dilation in dilations),
                spectral_conv(channels, channels, (3, 3)),
            ]
        )
        self.score = spectral_conv(channels, 1, (3, 3))

    def forward(self, x: Tensor) -> Judgement:
        features = []
        for conv in self.convs:
            x = self.activation(conv(x))
            features.append(x)
        score = self.score(x)
        return Judgement(score[:, 0].transpose(1, 2), [*features, score])


def spectral_conv(
    width_in: int, width_out: int, kernel_size: tuple[int, int], *, stride: int = 1, dilation: int = 1
) -> nn.Conv2d:
    return weight_norm(
        nn.Conv2d(
            width_in,
            width_out,
            kernel_size,
            stride=(1, stride),
            dilation=(dilation, 1),
            padding=(dilation * (kernel_size[0] // 2), kernel_size[1] // 2),
            padding_mode="reflect",
        )
    )
