"""Configurations from elsewhere, checked value by value: only a codec of ours, and its judges, goes further."""

from collections.abc import Callable, Iterable, Mapping
from math import prod
from typing import Any

from lfsc.config.values import LARGEST, brief, fraction, number, numbers, one_of, rows, section, seed, switch, text
from lfsc.models.activations import ACTIVATIONS, OUTPUTS
from lfsc.models.padding import MODES

# Tokens are counted in 32 bits by NeMo, and in fewer by everything else.
LARGEST_CODEBOOK = 1 << 31

Check = Callable[[Any, str], Any]


GENERATOR: dict[str, Check] = {
    "channels": number,
    "rates": numbers,
    "latent_dim": number,
    "kernel_sizes": numbers,
    "dilations": numbers,
    "in_kernel_size": number,
    "out_kernel_size": number,
}
# Keys that may be missing, with the value that then holds and is not written.
VARIANTS: dict[str, tuple[Check, Any]] = {
    "activation": (lambda value, name: one_of(value, ACTIVATIONS, name), "lrelu"),
    "pad_mode": (lambda value, name: one_of(value, MODES, name), "reflect"),
}
OPTIONAL: dict[str, dict[str, tuple[Check, Any]]] = {
    "encoder": VARIANTS,
    "quantizer": {"eps": (fraction, 1e-3)},
    "decoder": VARIANTS
    | {
        "output_activation": (lambda value, name: one_of(value, OUTPUTS, name), "tanh"),
        "grouped_upsampling": (switch, False),
    },
}
CODEC = "lfsc.models.codec.Codec"
PARTS: dict[str, tuple[str, dict[str, Check]]] = {
    "encoder": ("lfsc.models.encoder.Encoder", GENERATOR),
    "quantizer": ("lfsc.models.quantizer.GroupedFSQ", {"num_codebooks": number, "levels": numbers}),
    "decoder": ("lfsc.models.decoder.Decoder", GENERATOR),
}
# What a run's section of discriminators holds beside them.
TRAINING_ALONE = ("start_at", "warmup_updates")
ENSEMBLE = "lfsc.discriminators.ensemble.Ensemble"
SLMS: dict[str, dict[str, Check]] = {
    "lfsc.discriminators.slm.load_slm": {"path": text},
    "lfsc.discriminators.slm.random_wavlm": {"seed": seed, "width": number, "layers": number},
}


def checked_codec(config: Any) -> dict:
    """The configuration of a codec if it is one of ours and nothing else; ValueError with the key otherwise."""
    one_of(section(config, "codec").get("_target_"), [CODEC], "codec._target_")
    require_keys(config, ("sample_rate", *PARTS), "codec")
    checked: dict[str, Any] = {"_target_": CODEC, "sample_rate": number(config["sample_rate"], "codec.sample_rate")}
    for part, (target, keys) in PARTS.items():
        given = section(config[part], f"codec.{part}")
        needed = {key: value for key, value in given.items() if key not in OPTIONAL[part]}
        checked[part] = checked_part(needed, {target: keys}, f"codec.{part}") | unusual(given, part)
    require_working(checked["encoder"], "codec.encoder")
    require_working(checked["decoder"], "codec.decoder")
    encoder, levels = checked["encoder"], checked["quantizer"]["levels"]
    if encoder["channels"] << len(encoder["rates"]) > LARGEST or prod(levels) > LARGEST_CODEBOOK:
        raise ValueError(
            f"{encoder['channels']} channels at {len(encoder['rates'])} rates, or levels {levels}, are too many"
        )
    return checked


def unusual(config: Mapping, part: str) -> dict:
    """The optional keys of a part whose values are other than what holds without them."""
    values = {
        key: check(config[key], f"codec.{part}.{key}") for key, (check, _) in OPTIONAL[part].items() if key in config
    }
    return {key: value for key, value in values.items() if value != OPTIONAL[part][key][1]}


def require_working(part: dict, name: str) -> None:
    """Rates that change the rate, and kernels with a middle: the layers keep no length otherwise."""
    if min(part["rates"]) < 2:
        raise ValueError(f"{name}.rates is {part['rates']}: expected rates of 2 or more")
    for key in ("kernel_sizes", "in_kernel_size", "out_kernel_size"):
        sizes = part[key] if isinstance(part[key], list) else [part[key]]
        if any(size % 2 == 0 for size in sizes):
            raise ValueError(f"{name}.{key} is {part[key]}: expected odd sizes")


def checked_discriminators(config: Any) -> dict | None:
    """The configuration of the discriminators likewise; None where there is none."""
    if config is None:
        return None
    one_of(section(config, "discriminators").get("_target_"), [ENSEMBLE], "discriminators._target_")
    families = {name: family for name, family in config.items() if name not in ("_target_", *TRAINING_ALONE)}
    return {"_target_": ENSEMBLE} | {
        name: checked_part(family, FAMILIES, f"discriminators.{text(name, 'a family')[:20]}")
        for name, family in families.items()
    }


def checked_part(config: Any, targets: Mapping[str, dict[str, Check]], name: str) -> dict:
    """A section that names one of `targets` and has that one's keys."""
    target = one_of(section(config, name).get("_target_"), targets, f"{name}._target_")
    checks = targets[target]
    require_keys(config, checks, name)
    return {"_target_": config["_target_"]} | {
        key: check(config[key], f"{name}.{key}") for key, check in checks.items()
    }


FAMILIES: dict[str, dict[str, Check]] = {
    "lfsc.discriminators.stft.MultiResolutionSTFTDiscriminator": {
        "resolutions": rows,
        "channels": number,
        "dilations": numbers,
    },
    "lfsc.discriminators.period.MultiPeriodDiscriminator": {
        "periods": numbers,
        "channels": numbers,
        "kernel_size": number,
        "stride": number,
    },
    "lfsc.discriminators.slm.SLMDiscriminator": {
        "slm": lambda value, name: checked_part(value, SLMS, name),
        "sample_rate": number,
        "slm_rate": number,
        "in_channels": number,
        "channels": numbers,
    },
}


def require_keys(config: Mapping, keys: Iterable[str], name: str) -> None:
    known = (*keys, "_target_")
    if missing := [key for key in known if key not in config]:
        raise ValueError(f"{name} lacks {', '.join(missing)}")
    if unknown := [key for key in config if key not in known]:
        raise ValueError(f"{name} has a key {brief(unknown[0])} that it cannot have")
