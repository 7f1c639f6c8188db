"""Objects of a configuration: what its `_target_`s name, called with the keys beside them."""

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from importlib import import_module
from typing import Any

# The classes and functions that a configuration from elsewhere may name: a run's, a checkpoint's or a bundle's. A
# recipe of one's own may name anything that can be imported.
KNOWN = frozenset(
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
        "lfsc.training.loggers.tensorboard.RunTensorBoard",
        "lfsc.training.loggers.wandb.RunWandb",
        "lfsc.training.schedules.ExponentialDecay",
        "lfsc.training.schedules.WarmupCosine",
        "lightning.pytorch.callbacks.EarlyStopping",
        "lightning.pytorch.callbacks.LearningRateMonitor",
        "torch.optim.Adam",
        "torch.optim.AdamW",
        "torch.optim.SGD",
    }
)


def build(config: Any, *, where: str = "") -> Any:
    """The object of a tree of plain containers: a mapping with `_target_` becomes a call of it with its other keys.

    With `_partial_: true` it becomes a function that takes what is missing. ValueError, in one line that names the
    place, for a target that cannot be imported or whose call fails.
    """
    if isinstance(config, Mapping):
        settings = {key: value for key, value in config.items() if key not in ("_target_", "_partial_")}
        parts = {key: build(value, where=f"{where}.{key}".lstrip(".")) for key, value in settings.items()}
        if "_target_" not in config:
            return parts
        call_target = partial(call, config["_target_"], where)
        return partial(call_target, **parts) if config.get("_partial_") else call_target(**parts)
    if isinstance(config, list | tuple):
        return [build(item, where=f"{where}[{number}]") for number, item in enumerate(config)]
    return config


def build_known(config: Any) -> Any:
    """The same for a configuration from elsewhere; ValueError for a target that is none of KNOWN."""
    check_targets(config)
    return build(config)


def check_targets(config: Any, *, trusted: Collection[str] = ()) -> None:
    """ValueError for a target that is neither KNOWN nor a trusted one, nor of a trusted module."""
    for target in targets_of(config):
        if target not in KNOWN and not is_trusted(target, trusted):
            raise ValueError(
                f"_target_ {str(target)[:100]!r} is not lfsc's and was not built: a configuration that somebody else "
                f"may have written runs no foreign code; --with FILE.py, or --with MODULE, trusts it"
            )


def is_trusted(target: str, trusted: Collection[str]) -> bool:
    return any(target == name or str(target).startswith(f"{name}.") for name in trusted)


def targets_of(config: Any) -> Iterator[str]:
    """Every `_target_` in a tree of plain containers."""
    if isinstance(config, Mapping):
        if "_target_" in config:
            yield config["_target_"]
        for value in config.values():
            yield from targets_of(value)
    elif isinstance(config, list | tuple):
        for value in config:
            yield from targets_of(value)


def call(target: str, where: str, /, *arguments: Any, **settings: Any) -> Any:
    place = f"{where} ({target})" if where else target
    try:
        return locate(target)(*arguments, **settings)
    except ValueError as error:
        raise error if target in KNOWN else ValueError(f"{place}: {one_line(error)}") from error
    except Exception as error:
        # A class of somebody's may fail in any way; lfsc's own only where its arguments are wrong.
        if target in KNOWN and not (isinstance(error, TypeError) and "argument" in str(error)):
            raise
        raise ValueError(f"{place}: {type(error).__name__}: {one_line(error)}") from error


def locate(target: Any) -> Any:
    """What `package.module.Name` names; ValueError if that is nothing."""
    module, _, name = str(target).rpartition(".")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(
            f"cannot be imported ({one_line(error)}): expected package.module.Name, of an installed package, of a file "
            "beside the recipe or of one that --with names"
        ) from error


def one_line(error: Exception) -> str:
    return " ".join(str(error).split())
