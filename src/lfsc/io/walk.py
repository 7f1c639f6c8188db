"""The files below a folder, without passing over in silence what may not be looked into."""

import os
from pathlib import Path


def walk_files(folder: Path) -> tuple[list[Path], list[OSError]]:
    """What is below a folder and no folder, and an error for each folder that may not be looked into."""
    errors: list[OSError] = []
    found = [Path(place, name) for place, _, names in os.walk(folder, onerror=errors.append) for name in names]
    return found, errors
