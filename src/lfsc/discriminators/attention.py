"""WavLM's self-attention (arXiv 2110.13900) by torch's fused kernel, where transformers takes a slower way."""

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel
from transformers import PreTrainedModel, WavLMModel
from transformers.models.wavlm.modeling_wavlm import WavLMAttention

# Not cuDNN's, which a Hopper or Blackwell GPU prefers in half precision: it knows no gradient of the bias, so that only
# real audio, which needs none, would pass it, and real and fake audio would differ by its rounding.
KERNELS = [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]


class FusedAttention(WavLMAttention):
    """Attends without weights to look at: equal to transformers' up to rounding, for clips without padding."""

    # The bucket of every distance, from the furthest back that has one of its own to the furthest ahead.
    buckets: Tensor | None = None

    def compute_bias(self, query_length: int, key_length: int) -> Tensor:
        """The bias [heads,T,T] by relative positions, whose buckets are computed once, for clips of any length.

        On the device: transformers before 5.23 makes them on the host, which then waits for them to be copied. They
        stay where they are, as a CUDA graph knows them by their address.
        """
        assert query_length == key_length  # in self-attention
        device, furthest = self.rel_attn_embed.weight.device, self.max_distance
        if self.buckets is None or self.buckets.device != device:
            self.buckets = self._relative_positions_bucket(torch.arange(-furthest, furthest + 1, device=device))
        steps = torch.arange(key_length, device=device)
        distances = (steps[None, :] - steps[:, None]).clamp(-furthest, furthest)
        return self.rel_attn_embed(self.buckets[distances + furthest]).permute(2, 0, 1)

    def torch_multi_head_self_attention(  # type: ignore[override]  # None for the weights
        self, hidden_states: Tensor, attention_mask: Tensor | None, gated_position_bias: Tensor, *wants_weights: bool
    ) -> tuple[Tensor, None]:
        """Mixed states [B,T,D] of states [B,T,D], under a bias [B·heads,T,T]."""
        assert attention_mask is None
        # transformers projects [T,B,D], transposed; under autocast that casts every weight anew for each frame.
        projections = (self.q_proj, self.k_proj, self.v_proj)
        query, key, value = (self.per_head(project(hidden_states)) for project in projections)
        bias = gated_position_bias.unflatten(0, (-1, self.num_heads)).to(query.dtype)
        with sdpa_kernel(KERNELS):
            mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        return self.out_proj(mixed.transpose(1, 2).flatten(2)), None

    def per_head(self, states: Tensor) -> Tensor:
        """[B,T,D] as [B,heads,T,D/heads]."""
        return states.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)


def with_fused_attention(slm: PreTrainedModel) -> PreTrainedModel:
    """`slm` itself; if it is a WavLM, all its attentions are fused from now on."""
    if isinstance(slm, WavLMModel):
        for layer in slm.encoder.layers:
            # Its parameters stay where they are, so that it saves and loads as before.
            layer.attention.__class__ = FusedAttention
    return slm
