"""Configurations: where they lie, how a recipe is composed, and how objects are built of one."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

# The classes and functions that a configuration may name in `_target_`; nothing else is ever imported for one.
BUILDABLE = frozenset(
    {
        "lfsc.models.codec.Codec",
        "lfsc.models.encoder.Encoder",
        "lfsc.models.quantizer.GroupedFSQ",
        "lfsc.models.decoder.Decoder",
        "lfsc.discriminators.ensemble.Ensemble",
        "lfsc.discriminators.period.MultiPeriodDiscriminator",
        "lfsc.discriminators.stft.MultiResolutionSTFTDiscriminator",
        "lfsc.discriminators.slm.SLMDiscriminator",
        "lfsc.discriminators.slm.load_slm",
        "lfsc.discriminators.slm.random_wavlm",
        "lfsc.losses.adversarial.AdversarialLoss",
        "lfsc.losses.adversarial.DiscriminatorLoss",
        "lfsc.losses.adversarial.FeatureLoss",
        "lfsc.losses.spectral.MelLoss",
        "lfsc.losses.spectral.STFTLoss",
        "lfsc.losses.waveform.SISDRLoss",
        "lfsc.losses.waveform.WaveformLoss",
        "lfsc.data.blend.Blend",
        "lfsc.data.filters.Filter",
        "lfsc.training.datamodule.CodecDataModule",
    }
)


def build(config: Any) -> Any:
    """The object of a tree of plain containers: a mapping with `_target_` becomes a call of it with its other keys."""
    if isinstance(config, Mapping):
        parts = {key: build(value) for key, value in config.items() if key != "_target_"}
        return call(config["_target_"], parts) if "_target_" in config else parts
    if isinstance(config, list | tuple):
        return [build(item) for item in config]
    return config


def call(target: str, arguments: dict) -> Any:
    if target not in BUILDABLE:
        raise ValueError(f"_target_ {target!r} may not be built; allowed are {', '.join(sorted(BUILDABLE))}")
    module, _, name = target.rpartition(".")
    try:
        return getattr(import_module(module), name)(**arguments)
    except TypeError as error:
        if "argument" not in str(error):
            raise
        raise ValueError(f"{target}: {error}") from error
