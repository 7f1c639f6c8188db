"""What people give as key=value, checked."""

import re
from typing import Any, NamedTuple

from lfsc.config.scalars import as_text, read_scalar

# Keys of Lightning's Trainer that people know and that would do nothing here, and what to set instead.
CLIP = "optimizers.generator.clip_norm and optimizers.discriminators.clip_norm"
INSTEAD = {
    "accumulate_grad_batches": "num_micro_batches",
    "check_val_every_n_epoch": "validate_every",
    "default_root_dir": "runs_root and name",
    "detect_anomaly": "debug=anomaly",
    "enable_checkpointing": "checkpoint_every",
    "fast_dev_run": "max_updates",
    "gradient_clip_algorithm": CLIP,
    "gradient_clip_val": CLIP,
    "limit_train_batches": "max_updates",
    "limit_val_batches": "data.max_val_clips",
    "log_every_n_steps": "log_every",
    "max_epochs": "max_updates",
    "max_steps": "max_updates",
    "max_time": "max_updates",
    "min_epochs": "max_updates",
    "min_steps": "max_updates",
    "overfit_batches": "debug=overfit",
    "profiler": "debug=profile",
    "val_check_interval": "validate_every",
}


NO_HYDRA = "Hydra starts nothing here; runs_root and name say where a run lies"


class Override(NamedTuple):
    """`key=value`, `+key=value` for a new key, `++key=value` for either, or `~key`."""

    item: str
    sign: str
    key: str
    value: Any

    @property
    def removes(self) -> bool:
        return self.sign == "~"


def check_assignments(items: list[str]) -> None:
    for item in items:
        if "=" not in item and not item.startswith("~"):
            raise ValueError(f"{item!r} is not key=value, as max_updates=100 is, nor ~key")
        if item.lstrip("+~").startswith(("hydra.", "hydra/", "hydra=")):
            raise ValueError(f"{item}: {NO_HYDRA}")


def parse_overrides(items: list[str]) -> list[Override]:
    """What people gave as `key=value`; ValueError for what is not one value for one key."""
    check_assignments(items)
    return [parse_override(item) for item in items]


def parse_override(item: str) -> Override:
    key, _, text = item.partition("=")
    name = key.lstrip("+~")
    sign = key.removesuffix(name)
    if sign not in ("", "+", "++", "~") or not name.strip() or set(name) & set("'\"()[]{},"):
        raise ValueError(f"{item} is not key=value, as max_updates=100 is, nor ~key")
    if len(values := split_values(text)) > 1:
        raise ValueError(
            f"{item} is several values: a list is {key}=[{text}]; `lfsc sweep` and --multirun try each in turn"
        )
    try:
        return Override(item, sign, name, Words(values[0]).whole())
    except ValueError as error:
        raise ValueError(
            f"{item} cannot be read: give a value that holds = ( ) [ ] or quotes as \"{key}='…'\"; a list is [1,2]"
        ) from error


def as_override(key: str, text: str) -> str:
    """`key=text`, in quotes where the text would be read as anything else."""
    plain = f"{key}={text}"
    try:
        is_plain = as_text(parse_override(plain).value) == text
    except ValueError:
        is_plain = False
    return plain if is_plain else f"{key}={quote(text)}"


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

    Words are read as in a recipe's file. A backslash takes the meaning from the character behind it.
    """

    SPECIAL = "=()[]{},'\""

    def __init__(self, text: str):
        self.text = text
        self.at = 0

    def whole(self) -> Any:
        value = self.value(ends="") if self.text else ""
        if self.at < len(self.text):
            raise ValueError("more than one value")
        return value

    def value(self, *, ends: str) -> Any:
        self.skip_spaces()
        begin = self.peek()
        if begin and begin in "[{":
            value = self.sequence() if begin == "[" else self.mapping()
        elif begin and begin in "'\"":
            value = self.quoted()
        else:
            value = read_scalar(self.word(ends))
        self.skip_spaces()
        return value

    def sequence(self) -> list[Any]:
        items: list[Any] = []
        self.take("[")
        while not self.ends_with("]", items):
            items.append(self.value(ends=",]"))
        return items

    def mapping(self) -> dict[str, Any]:
        items: dict[str, Any] = {}
        self.take("{")
        while not self.ends_with("}", items):
            self.skip_spaces()
            name = self.quoted() if self.peek() in ("'", '"') else self.name()
            self.skip_spaces()
            self.take(":")
            items[name] = self.value(ends=",}")
        return items

    def name(self) -> str:
        """A key without quotes, up to a colon and a space as in YAML, or else to the first colon: {a:1}."""
        entry = re.split(r"""[,}\[{'"]""", self.text[self.at :], maxsplit=1)[0]
        length = entry.find(": ") if ": " in entry else entry.find(":")
        if not entry[:length].strip() or length < 0:
            raise ValueError("no key")
        self.at += length
        return entry[:length].strip()

    def ends_with(self, end: str, items: Any) -> bool:
        """Whether a list or mapping ends here; otherwise its next item begins."""
        self.skip_spaces()
        if self.peek() == end:
            self.at += 1
            return True
        if items:
            self.take(",")
        return False

    def quoted(self) -> str:
        quote, text = self.peek(), ""
        self.at += 1
        while (character := self.next()) != quote:
            text += self.next() if character == "\\" and self.peek() in (quote, "\\") else character
        return text

    def word(self, ends: str) -> str:
        """A text without quotes, up to one of `ends`."""
        start, text = self.at, ""
        while (character := self.peek()) and character not in ends:
            if self.text.startswith("${", self.at):
                text += self.reference()
            elif character == "\\":
                self.at += 1
                text += self.next()
            elif character in self.SPECIAL:
                raise ValueError(character)
            else:
                text += self.next()
        if self.at == start:
            raise ValueError("nothing")
        return text.strip()

    def reference(self) -> str:
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


def instead(key: str) -> str | None:
    """What to set in the place of `trainer.KEY`, or of KEY alone; None where that is no key of Lightning's."""
    section, _, name = key.rpartition(".")
    return INSTEAD.get(name) if section in ("trainer", "") else None
