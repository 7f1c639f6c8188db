"""Objects of a configuration: what its `_target_`s name, called with the keys beside them."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from importlib import import_module
from typing import Any

from lfsc.io.messages import first_line, one_line
from lfsc.io.missing import explain_missing, is_ours

# What a codec and its discriminators are made of, by the argument that it may stand for: whatever a constructor here
# takes as its `quantizer` may be any of these, with the keys that it has by its signature.
PARTS = {
    "codec": ("lfsc.models.codec.Codec",),
    "encoder": ("lfsc.models.encoder.Encoder", "lfsc.models.causal_encoder.CausalEncoder"),
    "quantizer": ("lfsc.models.quantizer.GroupedFSQ",),
    "decoder": ("lfsc.models.decoder.Decoder", "lfsc.models.causal_decoder.CausalDecoder"),
    "discriminators": ("lfsc.discriminators.ensemble.Ensemble",),
    "families": (
        "lfsc.discriminators.period.MultiPeriodDiscriminator",
        "lfsc.discriminators.stft.MultiResolutionSTFTDiscriminator",
        "lfsc.discriminators.bands.MultiBandSTFTDiscriminator",
        "lfsc.discriminators.slm.SLMDiscriminator",
    ),
    "slm": ("lfsc.discriminators.slm.load_slm", "lfsc.discriminators.slm.random_wavlm"),
}
# What torch says of tensors that there is no room for, or could never be.
TOO_LARGE = re.compile("memory|overflow")
UNEXPECTED = re.compile(r"unexpected keyword argument '(\w+)'")
# The classes and functions that a configuration from elsewhere may name: a run's, a checkpoint's or a bundle's. A
# recipe of one's own may name anything that can be imported.
KNOWN = frozenset(
    {
        *(target for targets in PARTS.values() for target in targets),
        "lfsc.losses.adversarial.AdversarialLoss",
        "lfsc.losses.adversarial.DiscriminatorLoss",
        "lfsc.losses.adversarial.FeatureLoss",
        "lfsc.losses.speaker.SpeakerConsistencyLoss",
        "lfsc.losses.speaker.load_speaker_encoder",
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
        make = make_caller(config["_target_"], where) if "_target_" in config else dict
        settings = {key: value for key, value in config.items() if key not in ("_target_", "_partial_")}
        parts = {key: build(value, where=f"{where}.{key}".lstrip(".")) for key, value in settings.items()}
        return partial(make, **parts) if config.get("_partial_") else make(**parts)
    if isinstance(config, list | tuple):
        return [build(item, where=f"{where}[{number}]") for number, item in enumerate(config)]
    return config


def check_targets(targets: Iterable[str], *, trusted: Collection[str] = ()) -> None:
    """ValueError for a target that is neither KNOWN nor a trusted one, nor of a trusted module."""
    for target in targets:
        if target not in KNOWN and not is_trusted(target, trusted):
            raise ValueError(
                f"_target_ {target[:100]!r} is not lfsc's and was not built: a configuration that somebody else "
                f"may have written runs no foreign code; --with FILE.py, ./PACKAGE or MODULE trusts it"
            )


def is_trusted(target: str, trusted: Collection[str]) -> bool:
    return any(target == name or target.startswith(f"{name}.") for name in trusted)


def targets_of(config: Any) -> Iterator[str]:
    """Every `_target_` in a tree of plain containers."""
    return (str(section["_target_"]) for section in sections_of(config) if "_target_" in section)


def sections_of(config: Any) -> Iterator[Any]:
    """Every mapping in a tree of plain containers, those that it is in before it."""
    if isinstance(config, Mapping):
        yield config
        config = list(config.values())
    if isinstance(config, list | tuple):
        for value in config:
            yield from sections_of(value)


def make_caller(target: Any, where: str) -> Callable:
    """A function that calls what `target` names, whose errors are ValueErrors that name it and its place."""
    place = f"{where} ({target})" if where else str(target)
    located = locate(target, place)
    return partial(call, located, place, str(target).startswith("lfsc."))


def call(located: Callable, place: str, is_lfscs: bool, /, *arguments: Any, **settings: Any) -> Any:
    try:
        return located(*arguments, **settings)
    except Exception as error:
        # lfsc's own classes say themselves what is wrong with a value; somebody else's may fail in any way.
        if is_lfscs and isinstance(error, ValueError) and re.split(r"\W", str(error), maxsplit=1)[0] in settings:
            raise ValueError(f"{place.partition(' ')[0]}.{error}") from error
        if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and TOO_LARGE.search(str(error))):
            raise ValueError(f"{place} is larger than the memory ({first_line(error)})") from error
        if is_lfscs and not (isinstance(error, TypeError) and "argument" in str(error)):
            raise
        kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
        where, _, target = place.partition(" ")
        # A key of the class that stood there before, most often.
        foreign = UNEXPECTED.search(str(error)) if target else None
        hint = f"; ~{where}.{foreign[1]} takes it away" if foreign else ""
        raise ValueError(f"{place}: {kind}{one_line(error)}{hint}") from error


def locate(target: Any, place: str) -> Callable:
    """The class or function that `package.module.Name` names; ValueError if that is none."""
    module, _, name = str(target).rpartition(".")
    try:
        located = getattr(import_module(module), name)
    except MemoryError:
        raise  # no fault of the name
    except Exception as error:
        # Running somebody's module may fail in any way.
        if module.startswith("lfsc.") and isinstance(error, ModuleNotFoundError) and not is_ours(error):
            raise ValueError(f"{place}: {explain_missing(error, 'train')}") from error
        raise ValueError(
            f"{place} cannot be imported ({type(error).__name__}: {one_line(error)}): expected package.module.Name, of "
            "an installed package, of a file beside the recipe or of one that --with names"
        ) from error
    if not callable(located):
        raise ValueError(f"{place} is a {type(located).__name__}: expected a class or a function")
    return located
