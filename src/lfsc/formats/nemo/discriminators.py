"""NeMo's configuration of the discriminators as ours, and ours as NeMo's."""

from collections.abc import Collection, Mapping
from typing import Any

from torch import Tensor

from lfsc.config.values import require_choice, require_items, require_number, require_section
from lfsc.formats.nemo.config import MODULES, REQUIRED, ClassMapping
from lfsc.nn.arguments import brief

WRAPPER = MODULES + "audio_codec_modules.Discriminator"
ENSEMBLE = "lfsc.discriminators.ensemble.Ensemble"
SLM = "lfsc.discriminators.slm.SLMDiscriminator"
LOAD_SLM = "lfsc.discriminators.slm.load_slm"
RESOLUTIONS = {"resolutions": ("resolutions", REQUIRED)}
FAMILIES = {
    "stft": ClassMapping(
        MODULES + "encodec_modules.MultiResolutionDiscriminatorSTFT",
        "lfsc.discriminators.stft.MultiResolutionSTFTDiscriminator",
        RESOLUTIONS,
    ),
    "bands": ClassMapping(
        MODULES + "audio_codec_modules.MultiResolutionDiscriminatorSTFT",
        "lfsc.discriminators.bands.MultiBandSTFTDiscriminator",
        RESOLUTIONS | {"stft_bands": ("bands", REQUIRED)},
    ),
    "period": ClassMapping(
        MODULES + "audio_codec_modules.MultiPeriodDiscriminator",
        "lfsc.discriminators.period.MultiPeriodDiscriminator",
        {"periods": ("periods", [2, 3, 5, 7, 11])},
        ignored={"lrelu_slope": (0.1,)},
    ),
    # Its keys are not one for one.
    "slm": ClassMapping(MODULES + "audio_codec_modules.SLMDiscriminator", SLM, {}),
}
BY_CLASS = {mapping.nemo: name for name, mapping in FAMILIES.items()}
# What NeMo writes into its classes, as the arguments of ours.
FIXED: dict[str, dict[str, Any]] = {
    "stft": {"channels": 32, "dilations": [1, 2, 4]},
    "bands": {"channels": 32},
    "period": {"channels": [32, 128, 512, 1024, 1024], "kernel_size": 5, "stride": 3},
}


def discriminators_from_nemo(config: dict) -> dict | None:
    """Our `discriminators` of NeMo's model_config.yaml, in its order; None where it has none."""
    if not config.get("discriminator"):
        return None
    given = require_section(config["discriminator"], "discriminator")
    require_choice(given.get("_target_"), [WRAPPER], "discriminator._target_")
    families: dict[str, Any] = {}
    for place, part in enumerate(require_items(given.get("discriminators"), "discriminator.discriminators")):
        name = f"discriminator.discriminators.{place}"
        family = BY_CLASS[require_choice(require_section(part, name).get("_target_"), BY_CLASS, f"{name}._target_")]
        if family in families:
            raise ValueError(f"{name} is a second {family} discriminator, which is not supported")
        keys = {key: part[key] for key in part if key != "_target_"}
        families[family] = slm_from_nemo(name, keys, config) if family == "slm" else from_nemo(name, keys, family)
    return {"_target_": ENSEMBLE} | families


def from_nemo(name: str, given: dict, family: str) -> dict:
    mapping = FAMILIES[family]
    refuse_other(name, given, mapping.keys.keys(), {key: value for key, (value,) in mapping.ignored.items()})
    keys = {ours: given.get(theirs, default) for theirs, (ours, default) in mapping.keys.items()}
    return {"_target_": mapping.lfsc} | FIXED[family] | keys


def slm_from_nemo(name: str, given: dict, config: dict) -> dict:
    known = {"slm_model_name", "slm_sr", "initial_channel", "slm_hidden", "slm_layers"}
    refuse_other(name, given, known, {"use_spectral_norm": False, "input_sr": config["sample_rate"]})
    channels = require_number(given.get("initial_channel", 64), f"{name}.initial_channel")
    return {
        "_target_": SLM,
        "slm": {"_target_": LOAD_SLM, "path": given.get("slm_model_name", "microsoft/wavlm-base-plus")},
        "sample_rate": config["sample_rate"],
        "slm_rate": given.get("slm_sr", 16000),
        "in_channels": channels,
        "channels": [2 * channels, 4 * channels, 4 * channels],
    }


def refuse_other(name: str, given: dict, known: Collection[str], fixed: Mapping[str, Any]) -> None:
    """ValueError for a key that is neither known nor has its one `fixed` value."""
    for key, value in given.items():
        if key not in known and not (key in fixed and fixed[key] == value):
            raise ValueError(f"{name}.{key} is {brief(value)}, which is not supported")


def discriminators_to_nemo(config: dict, weights: Mapping[str, Tensor]) -> dict:
    """NeMo's `discriminator` section of ours; ValueError where NeMo's classes have fixed another value."""
    families = {name: family for name, family in config.items() if name != "_target_"}
    parts = []
    for name, family in families.items():
        if name not in FAMILIES:
            raise ValueError(f"discriminators.{name} is not supported by NeMo: it knows {', '.join(FAMILIES)}")
        keys = slm_to_nemo(family, weights) if name == "slm" else to_nemo(family, name)
        parts.append({"_target_": FAMILIES[name].nemo, **keys})
    return {"_target_": WRAPPER, "discriminators": parts}


def to_nemo(family: dict, name: str) -> dict:
    require_fixed(family, FIXED[name], name)
    return {theirs: family[ours] for theirs, (ours, _) in FAMILIES[name].keys.items()}


def slm_to_nemo(family: dict, weights: Mapping[str, Tensor]) -> dict:
    channels = family["in_channels"]
    require_fixed(family, {"channels": [2 * channels, 4 * channels, 4 * channels]}, "slm")
    if family["slm"]["_target_"] != LOAD_SLM:
        raise ValueError("discriminators.slm hears an untrained language model, which NeMo cannot make")
    hidden = weights["families.slm.0.network.conv_in.parametrizations.weight.original1"].shape[1]
    # NeMo multiplies the two; of WavLM-base-plus they are known.
    width, layers = (768, 13) if hidden == 768 * 13 else (hidden, 1)
    return {
        "slm_model_name": family["slm"]["path"],
        "slm_sr": family["slm_rate"],
        "input_sr": family["sample_rate"],
        "slm_hidden": width,
        "slm_layers": layers,
        "initial_channel": channels,
        "use_spectral_norm": False,
    }


def require_fixed(family: dict, fixed: dict[str, Any], name: str) -> None:
    for key, value in fixed.items():
        if family[key] != value:
            raise ValueError(
                f"discriminators.{name}.{key} is {family[key]}, NeMo's is always {value}: leave the discriminators out"
            )
