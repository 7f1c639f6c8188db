"""YAML of plain data, from files that anybody may have written."""

from pathlib import Path

import yaml

MAX_BYTES = 1 << 18


def text_of(path: Path) -> bytes:
    """What `parse` takes of a file; ValueError where there is none."""
    if not path.is_file():
        raise ValueError(f"it has no {path.name}")
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def parse(text: bytes, name: str) -> dict:
    """The mapping of a text in which only data is read, whatever classes it names."""
    if len(text) > MAX_BYTES:
        raise ValueError(f"{name} has more than {MAX_BYTES} bytes, which no codec's has")
    try:
        mapping = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ValueError(f"{name} is not YAML of plain data ({str(error).splitlines()[0]})") from error
    if not isinstance(mapping, dict):
        raise ValueError(f"{name} is not a mapping")
    return mapping
