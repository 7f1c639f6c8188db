"""Codecs by what a user types after --codec."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from lfsc.evaluation.codecs.base import LFSC, Codec, Identity


class CodecSpec(NamedTuple):
    """The parts of [LABEL=][KIND:]SOURCE[@SETTING]."""

    label: str
    kind: str
    source: str
    setting: str
    trust: tuple[str, ...] = ()  # files and modules of classes that are not lfsc's


def parse(text: str) -> CodecSpec:
    """The parts of a --codec option; without a KIND, SOURCE is for `lfsc.load`."""
    label, named, rest = text.partition("=")
    if not named or Path(text).exists() or not re.fullmatch(r"[^/:@]+", label):
        label, rest = "", text
    kind, _, source = rest.partition(":")
    if kind not in OPENERS or kind == "lfsc":
        return CodecSpec(label or Path(rest).name or rest, "lfsc", rest, "")
    source, _, setting = source.rpartition("@") if "@" in source else (source, "", "")
    return CodecSpec(label or rest.replace("/", " ").strip(), kind, source, setting)


def open_codec(spec: CodecSpec, *, device: str, sample_rate: int) -> Codec:
    """The codec of `spec`; raises ValueError where its source or its program is missing."""
    return OPENERS[spec.kind](spec, device, sample_rate)


def open_lfsc(spec: CodecSpec, device: str, sample_rate: int) -> Codec:
    import lfsc

    return LFSC(lfsc.load(spec.source, trust=spec.trust), source=spec.source, device=device)


def open_opus(spec: CodecSpec, device: str, sample_rate: int) -> Codec:
    from lfsc.evaluation.codecs.opus import Opus

    return Opus(kbps=parse_number(spec, spec.source))


def open_griffin_lim(spec: CodecSpec, device: str, sample_rate: int) -> Codec:
    from lfsc.evaluation.codecs.griffin_lim import MelGriffinLim

    return MelGriffinLim(sample_rate=sample_rate, device=device)


def open_transformers(spec: CodecSpec, device: str, sample_rate: int) -> Codec:
    from lfsc.evaluation.codecs.transformers import open_transformers as open_model

    setting = parse_number(spec, spec.setting) if spec.setting else None
    return open_model(spec.kind, spec.source, setting=setting, device=device)


def parse_number(spec: CodecSpec, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise ValueError(f"--codec {spec.kind}: expected a number, found {text!r}") from error


OPENERS: dict[str, Callable[[CodecSpec, str, int], Codec]] = {
    "lfsc": open_lfsc,
    "identity": lambda spec, device, sample_rate: Identity(sample_rate),
    "opus": open_opus,
    "griffin-lim": open_griffin_lim,
    **dict.fromkeys(("encodec", "dac", "mimi"), open_transformers),
}
