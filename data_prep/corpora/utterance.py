"""What a corpus reader yields: an utterance, and where its audio comes from."""

import json
from pathlib import Path
from typing import NamedTuple

from lfsc.audio import files
from lfsc.audio.files import Recording
from lfsc.audio.manifest import Row, as_language
from lfsc.audio.parts import WHOLE, Part
from lfsc.io.file_slice import read_slice
from lfsc.io.messages import printable

from .keys import key_of, label

UNKNOWN_LANGUAGE, UNKNOWN_SPEAKER = "und", "unknown"


class File(NamedTuple):
    """A recording on disk, or a part of one; `offset` and `size` in bytes where it lies inside an archive."""

    path: str
    offset: int = 0
    size: int | None = None
    start: int = 0
    num_samples: int | None = None
    channel: int | None = None

    def open(self) -> Path | bytes:
        return Path(self.path) if self.size is None else read_slice(self.path, self.offset, self.size)

    def read(self) -> Recording:
        return self.crop(self.open(), self.start, self.num_samples)

    def crop(self, content: Path | bytes, start: int, num_samples: int | None) -> Recording:
        """Some samples of its content."""
        return files.read(content, start=start, num_samples=num_samples, channel=self.channel)


class Speech(NamedTuple):
    """A text that espeak-ng is to speak: `rate` in words a minute, `pitch` and `pitch_range` from 0 to 99."""

    text: str
    voice: str
    rate: int
    pitch: int
    pitch_range: int

    def read(self) -> Recording:
        from .espeak import speak

        return speak(*self)


class Utterance(NamedTuple):
    """`key` is unique in its corpus; without a `split`, the speakers of each language are divided later.

    A `part` is in seconds, until the recording is looked at; its source then says it in samples.
    """

    key: str
    source: File | Speech
    language: str
    speaker: str
    split: str | None = None
    text: str | None = None
    part: Part = WHOLE

    @classmethod
    def of_row(cls, row: Row, source: File, *, prefix: str, language: str | None) -> "Utterance":
        """What a row says, whose name follows the `prefix` in the key; `language` is that of rows that name none."""
        return cls(
            key=key_of(prefix + row.name),
            source=source,
            language=label(as_language(row.language or language or "") or UNKNOWN_LANGUAGE),
            speaker=label(row.speaker or UNKNOWN_SPEAKER),
            split=row.split,
            text=row.text,
            part=row.part,
        )

    def reject(self, reason: str, detail: str) -> "Rejection":
        return Rejection(self.key, self.language, reason, detail)

    def to_json(self) -> str:
        # In ASCII, in which also a name that is no UTF-8 can be written.
        return json.dumps([self.key, type(self.source).__name__, *self[1:-1]])

    @classmethod
    def from_json(cls, line: str) -> "Utterance":
        key, kind, source, *rest = json.loads(line)
        return cls(key, {"File": File, "Speech": Speech}[kind](*source), *rest)


class Rejection(NamedTuple):
    """Why an utterance is not in the shards."""

    key: str
    language: str
    reason: str
    detail: str

    @classmethod
    def malformed(cls, key: str, language: str, detail: str) -> "Rejection":
        """The rejection of an entry in a corpus's lists, or of a name, that does not say what it must."""
        return cls(key, language, "malformed", detail)

    def to_json(self) -> str:
        return json.dumps({name: printable(value) for name, value in self._asdict().items()}, ensure_ascii=False)


def read_rejections(path: Path) -> list[Rejection]:
    """Those of a file with one in each line; ValueError, which names it, where it is damaged."""
    try:
        # Not by str.splitlines, which also ends a line where a name has one of Unicode's other line ends.
        with path.open(encoding="utf-8") as lines:
            return [Rejection(**json.loads(line)) for line in lines]
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"{path} is damaged ({error})") from error
