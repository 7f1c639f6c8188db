"""NeMo's configuration of the discriminators as ours, and ours as NeMo's."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from lfsc.config.values import require_choice, require_items, require_number, require_section
from lfsc.formats.nemo.config import MODULES
from lfsc.nn.arguments import brief

# NeMo's class of each family.
CLASSES = {
    "stft": MODULES + "encodec_modules.MultiResolutionDiscriminatorSTFT",
    "bands": MODULES + "audio_codec_modules.MultiResolutionDiscriminatorSTFT",
    "period": MODULES + "audio_codec_modules.MultiPeriodDiscriminator",
    "slm": MODULES + "audio_codec_modules.SLMDiscriminator",
}
FAMILIES = {theirs: family for family, theirs in CLASSES.items()}
WRAPPER = MODULES + "audio_codec_modules.Discriminator"
ENSEMBLE = "lfsc.discriminators.ensemble.Ensemble"
# What NeMo writes into its classes, as the arguments of ours.
STFT = {"_target_": "lfsc.discriminators.stft.MultiResolutionSTFTDiscriminator", "channels": 32, "dilations": [1, 2, 4]}
BANDS = {"_target_": "lfsc.discriminators.bands.MultiBandSTFTDiscriminator", "channels": 32}
PERIOD = {
    "_target_": "lfsc.discriminators.period.MultiPeriodDiscriminator",
    "channels": [32, 128, 512, 1024, 1024],
    "kernel_size": 5,
    "stride": 3,
}
SLM = "lfsc.discriminators.slm.SLMDiscriminator"
LOAD_SLM = "lfsc.discriminators.slm.load_slm"


def discriminators_from_nemo(config: dict) -> dict | None:
    """Our `discriminators` of NeMo's model_config.yaml, in its order; None where it has none."""
    if not config.get("discriminator"):
        return None
    given = require_section(config["discriminator"], "discriminator")
    require_choice(given.get("_target_"), [WRAPPER], "discriminator._target_")
    families: dict[str, Any] = {}
    for place, part in enumerate(require_items(given.get("discriminators"), "discriminator.discriminators")):
        name = f"discriminator.discriminators.{place}"
        family = FAMILIES[require_choice(require_section(part, name).get("_target_"), FAMILIES, f"{name}._target_")]
        if family in families:
            raise ValueError(f"{name} is a second {family} discriminator, which is not supported")
        families[family] = FROM_NEMO[family](name, {key: part[key] for key in part if key != "_target_"}, config)
    return {"_target_": ENSEMBLE} | families


def stft_from_nemo(name: str, given: dict, config: dict) -> dict:
    refuse_other(name, given, {"resolutions"})
    return STFT | {"resolutions": given.get("resolutions")}


def bands_from_nemo(name: str, given: dict, config: dict) -> dict:
    refuse_other(name, given, {"resolutions", "stft_bands"})
    return BANDS | {"resolutions": given.get("resolutions"), "bands": given.get("stft_bands")}


def period_from_nemo(name: str, given: dict, config: dict) -> dict:
    refuse_other(name, given, {"periods"}, {"lrelu_slope": 0.1})
    return PERIOD | {"periods": given.get("periods", [2, 3, 5, 7, 11])}


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


FROM_NEMO = {"stft": stft_from_nemo, "bands": bands_from_nemo, "period": period_from_nemo, "slm": slm_from_nemo}


def refuse_other(name: str, given: dict, known: set[str], fixed: Mapping[str, Any] = {}) -> None:
    """ValueError for a key that is neither known nor has its one `fixed` value."""
    for key, value in given.items():
        if key not in known and not (key in fixed and fixed[key] == value):
            raise ValueError(f"{name}.{key} is {brief(value)}, which is not supported")


def discriminators_to_nemo(config: dict, weights: Mapping[str, Tensor]) -> dict:
    """NeMo's `discriminator` section of ours; ValueError where NeMo's classes have fixed another value."""
    families = {name: family for name, family in config.items() if name != "_target_"}
    parts = []
    for name, family in families.items():
        if name not in TO_NEMO:
            raise ValueError(f"discriminators.{name} is not supported by NeMo: it knows {', '.join(TO_NEMO)}")
        parts.append({"_target_": CLASSES[name], **TO_NEMO[name](family, weights)})
    return {"_target_": WRAPPER, "discriminators": parts}


def stft_to_nemo(family: dict, weights: Mapping[str, Tensor]) -> dict:
    require_fixed(family, STFT, "stft")
    return {"resolutions": family["resolutions"]}


def bands_to_nemo(family: dict, weights: Mapping[str, Tensor]) -> dict:
    require_fixed(family, BANDS, "bands")
    return {"resolutions": family["resolutions"], "stft_bands": family["bands"]}


def period_to_nemo(family: dict, weights: Mapping[str, Tensor]) -> dict:
    require_fixed(family, PERIOD, "period")
    return {"periods": family["periods"]}


def slm_to_nemo(family: dict, weights: Mapping[str, Tensor]) -> dict:
    channels = family["in_channels"]
    fixed = {"channels": [2 * channels, 4 * channels, 4 * channels]}
    require_fixed(family, fixed, "slm")
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


TO_NEMO = {"stft": stft_to_nemo, "bands": bands_to_nemo, "period": period_to_nemo, "slm": slm_to_nemo}


def require_fixed(family: dict, fixed: dict[str, Any], name: str) -> None:
    for key, value in fixed.items():
        if key != "_target_" and family[key] != value:
            raise ValueError(
                f"discriminators.{name}.{key} is {family[key]}, NeMo's is always {value}: leave the discriminators out"
            )
