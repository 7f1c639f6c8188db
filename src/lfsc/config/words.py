"""Values as people write them on the command line."""

import re
from typing import Any

from lfsc.config.scalars import read_scalar


def quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def split_values(text: str) -> list[str]:
    """The parts between commas that are in no bracket and no quotes."""
    parts, depth, quote, escaped = [""], 0, "", False
    for character in text:
        if character == "," and depth == 0 and not quote and not escaped:
            parts.append("")
            continue
        parts[-1] += character
        if escaped or character == "\\":
            escaped = not escaped
        elif quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        else:
            depth += (character in "[({") - (character in "])}")
    return [part.strip() for part in parts]


class Words:
    """A value of the command line: a word, 'a text', [a,list] or {a:1,mapping:2}.

    Words are read as in a recipe's file. A backslash takes the meaning from a character that has one, and before any
    other it is itself.
    """

    SPECIAL = "=()[]{},'\""

    def __init__(self, text: str):
        self.text = text
        self.at = 0

    def read(self) -> Any:
        value = self.read_value(ends="") if self.text else ""
        if self.at < len(self.text):
            raise ValueError("more than one value")
        return value

    def read_value(self, *, ends: str) -> Any:
        self.skip_spaces()
        begin = self.peek()
        if begin and begin in "[{":
            value: Any = self.read_sequence() if begin == "[" else self.read_mapping()
        elif begin and begin in "'\"":
            value = self.read_quoted()
        else:
            value = read_scalar(self.read_word(ends))
        self.skip_spaces()
        return value

    def read_sequence(self) -> list[Any]:
        items: list[Any] = []
        self.take("[")
        while not self.take_end("]", items):
            items.append(self.read_value(ends=",]"))
        return items

    def read_mapping(self) -> dict[str, Any]:
        items: dict[str, Any] = {}
        self.take("{")
        while not self.take_end("}", items):
            self.skip_spaces()
            name = self.read_quoted() if self.peek() in ("'", '"') else self.read_name()
            self.skip_spaces()
            self.take(":")
            items[name] = self.read_value(ends=",}")
        return items

    def read_name(self) -> str:
        """A key without quotes, up to a colon and a space as in YAML, or else to the first colon: {a:1}."""
        entry = re.split(r"""[,}\[{'"]""", self.text[self.at :], maxsplit=1)[0]
        length = entry.find(": ") if ": " in entry else entry.find(":")
        if not entry[:length].strip() or length < 0:
            raise ValueError("no key")
        self.at += length
        return entry[:length].strip()

    def take_end(self, end: str, items: Any) -> bool:
        """Whether a list or mapping ends here; otherwise its next item begins."""
        self.skip_spaces()
        if self.peek() == end:
            self.at += 1
            return True
        if items:
            self.take(",")
        return False

    def read_quoted(self) -> str:
        quote, text = self.peek(), ""
        self.at += 1
        while (character := self.next()) != quote:
            text += self.next() if character == "\\" and self.peek() in (quote, "\\") else character
        return text

    def read_word(self, ends: str) -> str:
        """A text without quotes, up to one of `ends`."""
        start, text = self.at, ""
        while (character := self.peek()) and character not in ends:
            if self.text.startswith("${", self.at):
                text += self.read_reference()
            elif character == "\\" and self.text[self.at + 1 : self.at + 2] in self.SPECIAL + "\\ :$":
                self.at += 1
                text += self.next()
            elif character in self.SPECIAL:
                raise ValueError(character)
            else:
                text += self.next()
        if self.at == start:
            raise ValueError("nothing")
        return text.strip()

    def read_reference(self) -> str:
        """${…}, for OmegaConf."""
        start, depth = self.at, 0
        while True:
            character = self.next()
            depth += (character == "{") - (character == "}")
            if depth == 0 and character == "}":
                return self.text[start : self.at]

    def skip_spaces(self) -> None:
        while self.peek().isspace():
            self.at += 1

    def take(self, character: str) -> None:
        if self.peek() != character:
            raise ValueError(f"no {character}")
        self.at += 1

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def next(self) -> str:
        character = self.peek()
        if not character:
            raise ValueError("it ends too soon")
        self.at += 1
        return character
