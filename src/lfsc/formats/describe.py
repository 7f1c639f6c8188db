"""What a codec is and what it is good for, in words."""

from torch import nn

from lfsc.config.instantiate import KNOWN
from lfsc.formats.licences import statements_of
from lfsc.formats.skeleton import build_on_meta
from lfsc.formats.source import RUN, Source
from lfsc.models.codec import Codec
from lfsc.nn.size import count_millions
from lfsc.tokens.fingerprint import fingerprint

CAUSAL = ("lfsc.models.causal_encoder.CausalEncoder", "lfsc.models.causal_decoder.CausalDecoder")
USE = "encode, decode, reconstruct, tokenize, evaluate, export"


def describe(found: Source) -> dict[str, str]:
    """Facts of a codec by their names, every one as a line of text."""
    codec = build_on_meta(found.codec, weight_norm=found.weight_norm)
    families = list_families(found)
    return {
        "kind": found.kind + ", weight norm removed" * (not found.weight_norm) + ", averaged weights" * found.averaged,
        **describe_architecture(codec, found.codec),
        "discriminators": families or "none",
        **({"not read": f"{', '.join(found.ignored)}, of NeMo's training only"} if found.ignored else {}),
        "updates": "unknown" if found.updates is None else f"{found.updates:,}",
        "fingerprint": found.fingerprint or fingerprint(found.load_codec()),
        **{f"licence of {subject}": statement for subject, statement in statements_of(found).items()},
        "for": describe_use(found, has_discriminators=bool(families)),
    }


def describe_architecture(codec: Codec, config: dict) -> dict[str, str]:
    quantizer = config["quantizer"]
    kind = f"levels {quantizer['levels']}" if quantizer["_target_"] in KNOWN else quantizer["_target_"]
    return {
        "sample rate": f"{codec.sample_rate} Hz",
        "frames": f"{codec.frame_rate:.3f} a second, one every {codec.hop_length} samples",
        "tokens": f"{codec.num_codebooks} a frame, of {codec.codebook_size} codes each ({kind})",
        "bitrate": f"{codec.bitrate / 1000:.3f} kbps",
        "lookahead": describe_lookahead(codec),
        "encoder": describe_part(codec.encoder, config["encoder"]),
        "decoder": describe_part(codec.decoder, config["decoder"]),
    }


def describe_lookahead(codec: Codec) -> str:
    """How long encoding and decoding wait; unknown of parts of somebody's own that do not say it."""
    try:
        encode, decode = codec.lookahead
    except AttributeError:
        return "unknown: the codec has parts that are not lfsc's"
    if encode == decode == 0:
        return "encoding and decoding 0 ms, as the codec is causal"
    causal = "0 ms, as the decoder is causal" if decode == 0 else f"{decode:.1f} ms"
    return f"encoding {encode:.1f} ms, decoding {causal}"


def describe_part(module: nn.Module, config: dict) -> str:
    """Its size, and in what it differs from the paper."""
    size = f"{count_millions(module):.2f} M parameters"
    if config["_target_"] not in KNOWN:
        return f"{size}, {config['_target_']}"
    variants = ", causal" * (config["_target_"] in CAUSAL)
    variants += "".join(f", {key} {config[key]}" for key in ("activation", "pad_mode") if key in config)
    return f"{size}, {config['channels']} channels, rates {config['rates']}{variants}"


def list_families(found: Source) -> str:
    """The names of the families of discriminators, or why they cannot be told."""
    try:
        families = found.discriminators() or {}
    except ValueError as error:
        return f"not read ({error})"
    return ", ".join(name for name in families if name != "_target_")


def describe_use(found: Source, *, has_discriminators: bool) -> str:
    if not found.weight_norm:
        return f"{USE}; not for training, as its weight norm was removed"
    training = f"train … init_from, with {'its' if has_discriminators else 'new'} discriminators"
    return f"resume, {USE}, {training}" if found.kind == RUN else f"{USE}, {training}"
