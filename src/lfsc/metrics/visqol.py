"""ViSQOL: similarity of spectrograms as listeners hear it (arXiv 2004.09584)."""

import logging
from functools import cache
from importlib.util import find_spec
from typing import Any

from lfsc.metrics.metric import Audio, Unmeasurable

VISQOL_RATE = 16000


def visqol(audio: Audio) -> float:
    """MOS-LQO from 1 to 5 in speech mode, of audio [T] at 16 kHz."""
    try:
        result = load_visqol().measure_from_arrays(
            audio.real.cpu().double().numpy(), audio.fake.cpu().double().numpy(), sample_rate=VISQOL_RATE
        )
    # In a clip without a patch of speech the library looks for one in an empty list.
    except (ValueError, IndexError) as error:
        raise Unmeasurable(f"ViSQOL: {error}") from error
    return float(result.moslqo)


@cache
def load_visqol() -> Any:
    from visqol import VisqolApi

    # What it would warn of is in the metric's version.
    logging.getLogger("visqol").setLevel(logging.ERROR)
    api = VisqolApi()
    api.create(mode="speech", use_lattice_model=has_lattice())
    return api


def has_lattice() -> bool:
    """Whether scores are mapped by the lattice, as the C++ program does, and not by its polynomial."""
    return find_spec("ai_edge_litert") is not None
