"""Audio folded by a period, so that a column holds every p-th sample (HiFi-GAN, arXiv 2010.05646)."""

from torch import Tensor, cat, nn

from lfsc.discriminators.ensemble import Discriminator, DiscriminatorOutput
from lfsc.discriminators.layers import PeriodConv, apply_in_turn
from lfsc.nn.arguments import require_whole, require_whole_lists


class MultiPeriodDiscriminator(nn.ModuleList):
    """One discriminator per period."""

    def __init__(self, *, periods: list[int], channels: list[int], kernel_size: int, stride: int):
        require_whole_lists(periods=periods, channels=channels)
        require_whole(odd=True, kernel_size=kernel_size)
        require_whole(stride=stride)
        super().__init__(
            Discriminator(
                transform=FoldByPeriod(period=period),
                network=PeriodNetwork(channels=channels, kernel_size=kernel_size, stride=stride),
            )
            for period in periods
        )


class FoldByPeriod(nn.Module):
    """[B, 1, T/p, p] of audio [B,T], reflected at its end to a multiple of the period."""

    def __init__(self, *, period: int):
        super().__init__()
        self.period = period

    def forward(self, audio: Tensor) -> Tensor:
        missing = -audio.shape[-1] % self.period
        # By hand: the gradient of torch's padding is not deterministic on a GPU.
        whole = cat((audio, audio[:, -missing - 1 : -1].flip(-1)), dim=-1) if missing else audio
        return whole[:, None].unflatten(-1, (-1, self.period))


class PeriodNetwork(nn.Module):
    """Convolutions along time only, every column by itself; all but the last layer stride."""

    def __init__(self, *, channels: list[int], kernel_size: int, stride: int):
        super().__init__()
        widths = [1, *channels]
        strides = [stride] * (len(channels) - 1) + [1]
        self.activation = nn.LeakyReLU(0.1, inplace=True)
        self.convs = nn.ModuleList(
            PeriodConv(width_in, width_out, kernel_size, stride=stride)
            for width_in, width_out, stride in zip(widths[:-1], channels, strides, strict=True)
        )
        self.score = PeriodConv(channels[-1], 1, 3, stride=1)

    def forward(self, x: Tensor) -> DiscriminatorOutput:
        # Time last: each column becomes a row, whose samples lie side by side in memory.
        feature_maps = apply_in_turn(self.convs, self.activation, x.mT)
        score = self.score(feature_maps[-1])
        return DiscriminatorOutput(score.squeeze(1), [*feature_maps, score])
