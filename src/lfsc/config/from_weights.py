"""`codec=from_weights`: a recipe whose codec and discriminators are those of the weights that it starts from."""

from collections.abc import Callable
from typing import Any, NamedTuple, cast

from omegaconf import DictConfig, OmegaConf, open_dict

from lfsc.config.checks import CURRICULUM

MARKER = "from_weights"
SECTIONS = ("codec.", "discriminators.")


class Architecture(NamedTuple):
    """The architecture of weights, as configurations."""

    codec: dict[str, Any]
    discriminators: dict[str, Any] | None
    hop_length: int


# What reads it from a source, such as a path or a hub name; ValueError where there is none.
ReadArchitecture = Callable[[str], Architecture]


def is_marked(config: DictConfig) -> bool:
    return bool(OmegaConf.select(config, f"codec.{MARKER}"))


def is_of_architecture(key: str) -> bool:
    """Whether a key is of what is taken from the weights."""
    return key.startswith(SECTIONS) and key not in [f"discriminators.{name}" for name in CURRICULUM]


def take(chosen: DictConfig, schema: dict[str, Any], architecture: Architecture, *, set_keys: set[str]) -> None:
    """Put an architecture into a composed recipe and its schema.

    The recipe's own sample rate and length of crops give way where nobody set them: `set_keys` are those that one did.
    """
    with open_dict(chosen):
        own = {key: value for key, value in chosen.codec.items() if key != MARKER}
        codec = architecture.codec | {"sample_rate": "${sample_rate}"}
        chosen.codec, schema["codec"] = OmegaConf.merge(codec, own), codec
        if "sample_rate" not in set_keys:
            chosen.sample_rate = architecture.codec["sample_rate"]
        if "crop_length" not in set_keys:
            chosen.crop_length = whole_frames(chosen.crop_length, architecture.hop_length)
        if architecture.discriminators:
            families = families_of(architecture.discriminators, chosen.discriminators)
            chosen.discriminators, schema["discriminators"] = families, families


def whole_frames(samples: int, hop_length: int) -> int:
    """The whole number of frames that is nearest to so many samples, in samples."""
    return max(1, round(samples / hop_length)) * hop_length


def families_of(theirs: dict[str, Any], ours: DictConfig) -> dict[str, Any]:
    """Their families for ours; the language model stays ours, and so do its discriminator where they have none."""
    families = {name: family for name, family in theirs.items() if name != "_target_"}
    kept = {name: value for name, value in ours.items() if not OmegaConf.is_dict(value)}
    slm = {"slm": ours.get("slm")} if "slm" in ours else {}
    if "slm" in families:
        families["slm"] = families["slm"] | {"slm": "${slm}", "sample_rate": "${sample_rate}"}
    return cast(dict[str, Any], OmegaConf.to_container(OmegaConf.create(kept | slm | families)))
