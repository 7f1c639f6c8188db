"""Waveform to latents, each frame's latents from its own samples and earlier ones."""

from collections.abc import Callable

from lfsc.models.causal_layers import CausalConv1d
from lfsc.models.encoder import Encoder
from lfsc.models.layers import PaddedConv1d


class CausalEncoder(Encoder):
    """The encoder of causal convolutions: a frame's tokens are complete with its last sample (NeMo 3.0's
    CausalHiFiGANEncoder; no published codec has it)."""

    def __init__(
        self,
        *,
        channels: int,
        rates: list[int],
        latent_dim: int,
        kernel_sizes: list[int],
        dilations: list[int],
        in_kernel_size: int,
        out_kernel_size: int,
        activation: str = "lrelu",
    ):
        super().__init__(
            channels=channels,
            rates=rates,
            latent_dim=latent_dim,
            kernel_sizes=kernel_sizes,
            dilations=dilations,
            in_kernel_size=in_kernel_size,
            out_kernel_size=out_kernel_size,
            activation=activation,
            pad_mode="zeros",
        )

    def layer_class(self, pad_mode: str) -> Callable[..., PaddedConv1d]:
        return CausalConv1d
