"""JSON for files, whatever names are in it."""

import json
from pathlib import Path
from typing import Any


def to_json(value: Any, *, indent: int | None = None) -> str:
    """JSON that can be written as UTF-8: in ASCII where it holds a file's name that is none."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, indent=indent)
    return text


def read_object(path: Path, *keys: str) -> dict[str, Any]:
    """The object in a file of JSON; ValueError, which names the file, where it holds none or lacks one of the keys."""
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is damaged ({error}): remove it, or make it again") from error
    if not isinstance(found, dict) or any(key not in found for key in keys):
        expected = f"an object with {', '.join(keys)}" if keys else "an object"
        raise ValueError(f"{path} is damaged, expected {expected}: remove it, or make it again")
    return found
