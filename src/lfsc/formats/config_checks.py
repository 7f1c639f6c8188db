"""Configurations from elsewhere: only a codec, and its discriminators, of known or trusted classes goes further."""

from collections.abc import Collection
from typing import Any

from lfsc.config.checks import CURRICULUM
from lfsc.config.untrusted import check_part
from lfsc.config.values import require_section


def check_codec(config: Any, *, trusted: Collection[str] = ()) -> dict:
    """The configuration of a codec without keys that are as by default; ValueError with the key for anything else."""
    return check_part(config, "codec", name="codec", trusted=trusted)


def check_discriminators(config: Any, *, trusted: Collection[str] = ()) -> dict | None:
    """The configuration of the discriminators likewise; None where there is none."""
    if config is None:
        return None
    families = {key: value for key, value in require_section(config, "discriminators").items() if key not in CURRICULUM}
    return check_part(families, "discriminators", name="discriminators", trusted=trusted)
