"""Configurations from elsewhere, checked value by value: what is not a codec of ours, or its judges, goes no further."""

from collections.abc import Callable, Iterable, Mapping
from math import prod
from typing import Any

# No codec comes near these; without them a file of a few bytes could ask for hours and gigabytes.
LARGEST = 1 << 20
LONGEST = 16
LARGEST_CODEBOOK = 1 << 31

Check = Callable[[Any, str], Any]


def brief(value: Any) -> str:
    """A value as a message shows it; what comes from elsewhere may be of any length and depth."""
    return repr(value)[:60] if isinstance(value, str | int | float | bool | None) else f"a {type(value).__name__}"


def number(value: Any, name: str) -> int:
    if type(value) is not int or not 1 <= value <= LARGEST:
        raise ValueError(f"{name} is {brief(value)}: expected a whole number from 1 to {LARGEST}")
    return value


def numbers(value: Any, name: str) -> list[int]:
    return [number(item, name) for item in items(value, name)]


def rows(value: Any, name: str) -> list[list[int]]:
    return [numbers(item, name) for item in items(value, name)]


def items(value: Any, name: str) -> Iterable[Any]:
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= LONGEST:
        raise ValueError(f"{name} is {brief(value)}: expected a list of 1 to {LONGEST}")
    return value


def text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} is {brief(value)}: expected a text")
    return value


GENERATOR: dict[str, Check] = {
    "channels": number,
    "rates": numbers,
    "latent_dim": number,
    "kernel_sizes": numbers,
    "dilations": numbers,
    "in_kernel_size": number,
    "out_kernel_size": number,
}
CODEC = "lfsc.models.codec.Codec"
PARTS: dict[str, tuple[str, dict[str, Check]]] = {
    "encoder": ("lfsc.models.encoder.Encoder", GENERATOR),
    "quantizer": ("lfsc.models.quantizer.GroupedFSQ", {"num_codebooks": number, "levels": numbers}),
    "decoder": ("lfsc.models.decoder.Decoder", GENERATOR),
}
ENSEMBLE = "lfsc.discriminators.ensemble.Ensemble"
SLMS: dict[str, dict[str, Check]] = {
    "lfsc.discriminators.slm.load_slm": {"path": text},
    "lfsc.discriminators.slm.random_wavlm": {"seed": lambda value, name: value, "width": number, "layers": number},
}


def checked_codec(config: Any) -> dict:
    """The configuration of a codec if it is one of ours and nothing else; ValueError with the key otherwise."""
    require_target(config, CODEC, "codec")
    require_keys(config, ("sample_rate", *PARTS), "codec")
    checked: dict[str, Any] = {"_target_": CODEC, "sample_rate": number(config["sample_rate"], "codec.sample_rate")}
    for part, (target, keys) in PARTS.items():
        checked[part] = checked_part(config[part], {target: keys}, f"codec.{part}")
    encoder, levels = checked["encoder"], checked["quantizer"]["levels"]
    if encoder["channels"] << len(encoder["rates"]) > LARGEST or prod(levels) > LARGEST_CODEBOOK:
        raise ValueError(f"{encoder['channels']} channels at {len(encoder['rates'])} rates, or levels {levels}, are too many")
    return checked


def checked_discriminators(config: Any) -> dict | None:
    """The configuration of the discriminators likewise; None where there is none."""
    if config is None:
        return None
    require_target(config, ENSEMBLE, "discriminators")
    families = {name: family for name, family in config.items() if name != "_target_"}
    return {"_target_": ENSEMBLE} | {
        name: checked_part(family, FAMILIES, f"discriminators.{text(name, 'a family')[:20]}") for name, family in families.items()
    }


def checked_part(config: Any, targets: Mapping[str, dict[str, Check]], name: str) -> dict:
    """A section that names one of `targets` and has that one's keys."""
    require_target(config, tuple(targets), name)
    checks = targets[config["_target_"]]
    require_keys(config, checks, name)
    return {"_target_": config["_target_"]} | {key: check(config[key], f"{name}.{key}") for key, check in checks.items()}


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


def require_target(config: Any, targets: str | tuple[str, ...], name: str) -> None:
    allowed = (targets,) if isinstance(targets, str) else targets
    if not isinstance(config, Mapping):
        raise ValueError(f"{name} is {brief(config)}: expected a section of keys")
    if (target := config.get("_target_")) not in allowed:
        raise ValueError(f"{name}._target_ is {brief(target)}: only {' or '.join(allowed)} may stand there")


def require_keys(config: Mapping, keys: Iterable[str], name: str) -> None:
    known = (*keys, "_target_")
    if missing := [key for key in known if key not in config]:
        raise ValueError(f"{name} lacks {', '.join(missing)}")
    if unknown := [key for key in config if key not in known]:
        raise ValueError(f"{name} has a key {brief(unknown[0])} that it cannot have")
