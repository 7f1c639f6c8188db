"""Latents to waveform, each frame's audio from its own latents and earlier ones (NanoCodec, arXiv 2508.05835)."""

from collections.abc import Callable

from lfsc.models.causal_layers import CausalConv1d, CausalUpsampleConv1d
from lfsc.models.decoder import Decoder
from lfsc.models.layers import PaddedConv1d, UpsampleConv1d


class CausalDecoder(Decoder):
    """HiFi-GAN's generator of causal convolutions: a frame's audio is complete with its latents."""

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
        output_activation: str = "tanh",
        grouped_upsampling: bool = False,
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
            output_activation=output_activation,
            grouped_upsampling=grouped_upsampling,
        )

    def layer_classes(self, pad_mode: str) -> tuple[Callable[..., PaddedConv1d], Callable[..., UpsampleConv1d]]:
        return CausalConv1d, CausalUpsampleConv1d
