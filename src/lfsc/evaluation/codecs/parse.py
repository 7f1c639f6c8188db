"""Codecs by what a user types after --codec."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from lfsc.evaluation.codecs.base import LFSC, Codec, Identity


class Request(NamedTuple):
    """[LABEL=][KIND:]SOURCE[@SETTING], taken apart."""

    label: str
    kind: str
    source: str
    setting: str


KINDS = ("identity", "opus", "griffin-lim", "encodec", "dac", "mimi")


def parse(text: str) -> Request:
    """A request for a codec; without a known KIND, SOURCE is for `lfsc.load`."""
    label, named, rest = text.partition("=")
    if not named or Path(text).exists() or not re.fullmatch(r"[\w. -]+", label):
        label, rest = "", text
    kind, _, source = rest.partition(":")
    if kind not in KINDS:
        return Request(label or Path(rest).name or rest, "lfsc", rest, "")
    source, _, setting = source.rpartition("@") if "@" in source else (source, "", "")
    return Request(label or rest.replace("/", " ").strip(), kind, source, setting)


def open_codec(request: Request, *, device: str, sample_rate: int) -> Codec:
    """The codec of a request; raises ValueError where its source or its program is missing."""
    return OPENERS[request.kind](request, device, sample_rate)


def open_lfsc(request: Request, device: str, sample_rate: int) -> Codec:
    import lfsc

    return LFSC(lfsc.load(request.source), source=request.source, device=device)


def open_opus(request: Request, device: str, sample_rate: int) -> Codec:
    from lfsc.evaluation.codecs.opus import Opus

    return Opus(kbps=number(request, request.source))


def open_griffin_lim(request: Request, device: str, sample_rate: int) -> Codec:
    from lfsc.evaluation.codecs.griffin_lim import MelGriffinLim

    return MelGriffinLim(sample_rate=sample_rate, device=device)


def open_peer(request: Request, device: str, sample_rate: int) -> Codec:
    from lfsc.evaluation.codecs.transformers import open_peer

    setting = number(request, request.setting) if request.setting else None
    return open_peer(request.kind, request.source, setting=setting, device=device)


def number(request: Request, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise ValueError(f"--codec {request.kind}: expected a number, found {text!r}") from error


OPENERS: dict[str, Callable[[Request, str, int], Codec]] = {
    "lfsc": open_lfsc,
    "identity": lambda request, device, sample_rate: Identity(sample_rate),
    "opus": open_opus,
    "griffin-lim": open_griffin_lim,
    **dict.fromkeys(("encodec", "dac", "mimi"), open_peer),
}
