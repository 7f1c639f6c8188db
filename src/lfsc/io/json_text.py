"""JSON for files, whatever names are in it."""

import json
from typing import Any


def to_json(value: Any, *, indent: int | None = None) -> str:
    """JSON that can be written as UTF-8: in ASCII where it holds a file's name that is none."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, indent=indent)
    return text
