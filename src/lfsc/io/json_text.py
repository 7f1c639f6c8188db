"""JSON for files, whatever names are in it."""

import json
from typing import Any


def to_json(value: Any, *, indent: int | None = None) -> str:
    """JSON that can be written as UTF-8: in ASCII where it holds a file's name that is none."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    return text if text.isascii() or _is_unicode(text) else json.dumps(value, indent=indent)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
