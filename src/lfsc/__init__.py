"""The Low Frame-rate Speech Codec and NanoCodec: speech in 12.5 or 21.5 frames per second, 0.6 to 1.89 kbps."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Imported when first asked for: `import lfsc` alone loads nothing.
_HOMES = {"Codec": "lfsc.models.codec", "load": "lfsc.formats.load"}

__all__ = ["Codec", "__version__", "load"]


if TYPE_CHECKING:
    from lfsc.formats.load import load
    from lfsc.models.codec import Codec


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'lfsc' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
