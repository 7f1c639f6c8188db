"""Whose tokens these are: a mark of what makes a codec's tokens."""

import hashlib
import json

import torch
from torch import nn
from torch.nn.utils import parametrize

from lfsc.models.activations import Snake
from lfsc.models.causal_encoder import CausalEncoder
from lfsc.models.codec import Codec
from lfsc.models.encoder import Encoder
from lfsc.models.quantizer import GroupedFSQ
from lfsc.nn.weight_norm import remove_weight_norm

# Left out where they are so, as of the paper's codec, whose fingerprint has known nothing else.
USUAL = {"activation": "lrelu", "pad_mode": "reflect", "causal": False, "eps": 1e-3}


def fingerprint(codec: Codec) -> str:
    """16 hexadecimal digits that two codecs share if they make the same tokens: of encoder, quantizer and rates.

    Computed from float32 weights with their weight norm. A codec that no longer has them tells what it carries as
    `carried_fingerprint`, which whoever removes weight norm or converts a codec sets before.
    """
    if not (isinstance(codec.encoder, Encoder) and type(codec.quantizer) is GroupedFSQ):
        return codec.carried_fingerprint or fingerprint_of_own(codec)
    convolutions = [layer for layer in codec.encoder.modules() if isinstance(layer, nn.Conv1d)]
    if not all(parametrize.is_parametrized(layer, "weight") for layer in convolutions) or codec.dtype != torch.float32:
        if codec.carried_fingerprint is None:
            raise ValueError(
                "the codec has no weight norm or is not float32, and carries no fingerprint: take it from the original"
            )
        return codec.carried_fingerprint
    facts = {
        "sample_rate": codec.sample_rate,
        "levels": codec.quantizer.levels,
        "num_codebooks": codec.num_codebooks,
        "channels": [[layer.in_channels, layer.out_channels] for layer in convolutions],
        "convolutions": [[*layer.kernel_size, *layer.stride, *layer.dilation] for layer in convolutions],
    }
    variant = {
        "activation": codec.encoder.activation,
        "pad_mode": codec.encoder.pad_mode,
        "causal": isinstance(codec.encoder, CausalEncoder),
        "eps": codec.quantizer.eps,
    }
    facts |= {name: value for name, value in variant.items() if value != USUAL[name]}
    digest = hashlib.sha256(json.dumps(facts).encode())
    for layer in convolutions:
        for name in ("parametrizations.weight.original0", "parametrizations.weight.original1", "bias"):
            digest.update(layer.get_parameter(name).detach().cpu().contiguous().numpy().data)
    for snake in (layer for layer in codec.encoder.modules() if isinstance(layer, Snake)):
        digest.update(snake.alpha.detach().cpu().contiguous().numpy().data)
    return digest.hexdigest()[:16]


def fingerprint_of_own(codec: Codec) -> str:
    """The fingerprint where encoder or quantizer is not lfsc's: of their classes and all their tensors."""
    parts = {"encoder": codec.encoder, "quantizer": codec.quantizer}
    facts = [codec.sample_rate, codec.hop_length, codec.num_codebooks, codec.codebook_size]
    digest = hashlib.sha256(json.dumps(facts).encode())
    for name, part in parts.items():
        digest.update(f"{name} {type(part).__name__}".encode())
        for key, tensor in [*part.state_dict().items(), *part.named_buffers()]:
            digest.update(f"{key} {list(tensor.shape)}".encode())
            digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()[:16]


def require_same_codec(stored_fingerprint: str, codec: Codec, *, name: str) -> None:
    """Raise where tokens were made by another encoder than this codec's."""
    if stored_fingerprint != (expected := fingerprint(codec)):
        raise ValueError(
            f"{name} holds tokens of codec {stored_fingerprint}, this codec is {expected}: decode with the codec that "
            "encoded them, or with one fine-tuned from it with its encoder frozen"
        )


def remove_codec_weight_norm(codec: Codec, *, fingerprint: str) -> Codec:
    """The codec itself without weight norm; it carries its fingerprint, which plain weights cannot tell."""
    remove_weight_norm(codec)
    codec.carried_fingerprint = fingerprint
    return codec
