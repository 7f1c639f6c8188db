"""The codec that comes with the package, so that there is something to try without a training or a download."""

from pathlib import Path

SHIPPED = "pocket"
ABOUT = (
    f"codec: {SHIPPED}, the small sample that comes with lfsc: it is not NVIDIA's, and damages speech audibly; "
    "--codec takes another"
)


def shipped() -> Path:
    """The folder of its bundle."""
    return Path(__file__).parents[1] / "pretrained" / SHIPPED
