"""How templates become a page: what they may call, and filters that put sound into attributes of elements."""

from base64 import b64encode

from jinja2 import Environment, PackageLoader, StrictUndefined
from torch import Tensor

from lfsc.audio import files
from lfsc.evaluation.report.examples import MAX_SECONDS
from lfsc.evaluation.report.plots import spectrogram_png, usage_outline, waveform_outline

# More rows make phones slow; the files beside the page have all of them.
MAX_ROWS = 400
NUM_COLOURS = 8


def environment() -> Environment:
    """The templates beside this file; all text that comes from outside is escaped."""
    found = Environment(
        loader=PackageLoader("lfsc.evaluation.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals |= {"MAX_ROWS": MAX_ROWS, "MAX_SECONDS": MAX_SECONDS, "NUM_COLOURS": NUM_COLOURS}
    found.filters |= {function.__name__: function for function in (data_url, flac, spectrogram_png, usage_outline,
                                                                   waveform_outline)}  # fmt: skip
    return found


def flac(audio: Tensor, sample_rate: int) -> bytes:
    return files.encode(audio, sample_rate=sample_rate, format="flac")


def data_url(content: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{b64encode(content).decode()}"
