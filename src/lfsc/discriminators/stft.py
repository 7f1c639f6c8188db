"""Complex spectrograms at several resolutions (EnCodec, arXiv 2210.13438)."""

from torch import Tensor, cat, nn, view_as_real

from lfsc.audio.spectrogram import Spectrogram
from lfsc.discriminators.ensemble import Discriminator, DiscriminatorOutput
from lfsc.discriminators.layers import ReflectConv2d, apply_in_turn
from lfsc.nn.arguments import require_resolutions, require_whole, require_whole_lists


class MultiResolutionSTFTDiscriminator(nn.ModuleList):
    """One discriminator per resolution; a resolution is (n_fft, hop, window) in samples."""

    def __init__(self, *, resolutions: list[list[int]], channels: int, dilations: list[int]):
        require_resolutions(resolutions=resolutions)
        require_whole(channels=channels)
        require_whole_lists(dilations=dilations)
        super().__init__(
            Discriminator(
                transform=ComplexSpectrogram(n_fft=n_fft, hop_length=hop_length, win_length=win_length),
                network=SpectrogramNetwork(channels=channels, dilations=dilations),
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
        # Not by real and imag, whose gradients are each a copy among zeros.
        return cat(view_as_real(spectrum).unbind(-1), dim=1).transpose(2, 3)


class SpectrogramNetwork(nn.Module):
    """Convolutions over frames and bins: a wide one, one per dilation with stride 2 over bins, a square one."""

    def __init__(self, *, channels: int, dilations: list[int]):
        super().__init__()
        self.activation = nn.LeakyReLU(0.1, inplace=True)
        self.convs = nn.ModuleList(
            [
                ReflectConv2d(2, channels, (3, 9)),
                *(ReflectConv2d(channels, channels, (3, 9), stride=(1, 2), dilation=(d, 1)) for d in dilations),
                ReflectConv2d(channels, channels, (3, 3)),
            ]
        )
        self.score = ReflectConv2d(channels, 1, (3, 3))

    def forward(self, x: Tensor) -> DiscriminatorOutput:
        feature_maps = apply_in_turn(self.convs, self.activation, x)
        score = self.score(feature_maps[-1])
        return DiscriminatorOutput(score.squeeze(1).transpose(1, 2), [*feature_maps, score])
