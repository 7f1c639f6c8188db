"""What a codec is and what it is good for, in words."""

from lfsc.formats.licences import statements_of
from lfsc.formats.skeleton import fill, skeleton
from lfsc.formats.source import RUN, Source
from lfsc.models.codec import Codec
from lfsc.tokens.fingerprint import fingerprint

USE = "encode, decode, reconstruct, tokenize, evaluate, export"


def describe(found: Source) -> dict[str, str]:
    """Facts of a codec by their names, every one as a line of text."""
    codec = skeleton(found.codec, folded=found.folded)
    judges = found.discriminators()
    return {
        "kind": found.kind + ", weight norm folded" * found.folded + ", averaged weights" * found.averaged,
        **architecture(codec, found.codec),
        "discriminators": "none" if judges is None else discriminators(judges),
        "updates": "unknown" if found.updates is None else f"{found.updates:,}",
        "fingerprint": found.fingerprint or measured_fingerprint(codec, found),
        **{f"licence of {subject}": statement for subject, statement in statements_of(found).items()},
        "for": uses(found, judges),
    }


def architecture(codec: Codec, config: dict) -> dict[str, str]:
    encoder, decoder, levels = config["encoder"], config["decoder"], config["quantizer"]["levels"]
    return {
        "sample rate": f"{codec.sample_rate} Hz",
        "frames": f"{codec.frame_rate:.3f} a second, one every {codec.hop_length} samples",
        "tokens": f"{codec.num_codebooks} a frame, of {codec.codebook_size} codes each (levels {levels})",
        "bitrate": f"{codec.bitrate / 1000:.3f} kbps",
        "encoder": half(codec.encoder, encoder),
        "decoder": half(codec.decoder, decoder),
    }


def half(module, config: dict) -> str:
    """Its size, and what of it is not as in the paper."""
    unusual = "".join(f", {key} {config[key]}" for key in ("activation", "pad_mode") if key in config)
    return f"{millions(module)}, {config['channels']} channels, rates {config['rates']}{unusual}"


def discriminators(judges: dict) -> str:
    return ", ".join(name for name in judges if name != "_target_")


def millions(module) -> str:
    return f"{sum(parameter.numel() for parameter in module.parameters()) / 1e6:.2f} M parameters"


def measured_fingerprint(codec: Codec, found: Source) -> str:
    fill(codec, found.codec_weights())
    return fingerprint(codec)


def uses(found: Source, judges: dict | None) -> str:
    if found.folded:
        return f"{USE}; not for training on, as its weight norm is folded"
    training = "train … init_from, with its discriminators" if judges else "train … init_from, with new discriminators"
    return f"resume, {USE}, {training}" if found.kind == RUN else f"{USE}, {training}"
