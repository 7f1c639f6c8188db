"""Distances of spectra at several resolutions; a resolution is (n_fft, hop, window) in samples."""

from torch import Tensor, nn, stack

from lfsc.audio.spectrogram import MagnitudeSpectrogram, MelSpectrogram
from lfsc.nn.arguments import require_flags, require_resolutions, require_whole, require_whole_lists

# Under the root of re² + im², where the gradient of silence would be infinite (NeMo's value).
GUARD = 1e-5


class MultiResolution(nn.Module):
    """The mean over `spectrograms` of the mean distance of log(1 + magnitude)."""

    def __init__(self, spectrograms: list[nn.Module], distance: nn.Module):
        super().__init__()
        self.spectrograms = nn.ModuleList(spectrograms)
        self.distance = distance

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        return stack(
            [self.distance(spectrogram(fake).log1p(), spectrogram(real).log1p()) for spectrogram in self.spectrograms]
        ).mean()


class STFTLoss(MultiResolution):
    """L1 distance of log magnitudes of fake and real audio [B,T]."""

    def __init__(self, *, resolutions: list[list[int]]):
        require_resolutions(resolutions=resolutions)
        super().__init__(
            [
                MagnitudeSpectrogram(n_fft=n_fft, hop_length=hop_length, win_length=win_length, guard=GUARD)
                for n_fft, hop_length, win_length in resolutions
            ],
            nn.L1Loss(),
        )


class MelLoss(MultiResolution):
    """L1 distance (L2 with `squared`) of log mel magnitudes of fake and real audio [B,T]."""

    def __init__(self, *, sample_rate: int, resolutions: list[list[int]], num_mels: list[int], squared: bool = False):
        require_whole(sample_rate=sample_rate)
        require_resolutions(resolutions=resolutions)
        require_whole_lists(num_mels=num_mels)
        require_flags(squared=squared)
        if len(resolutions) != len(num_mels):
            raise ValueError(f"{len(resolutions)} mel resolutions, {len(num_mels)} numbers of bands: expected one each")
        super().__init__(
            [
                MelSpectrogram(
                    sample_rate=sample_rate,
                    num_mels=bands,
                    n_fft=n_fft,
                    hop_length=hop_length,
                    win_length=win_length,
                    guard=GUARD,
                )
                for (n_fft, hop_length, win_length), bands in zip(resolutions, num_mels, strict=True)
            ],
            nn.MSELoss() if squared else nn.L1Loss(),
        )
