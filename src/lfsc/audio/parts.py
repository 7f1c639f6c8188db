"""A part of a recording, as manifests name it: from when, how long, and which channel."""

import json
import re
from typing import Any, NamedTuple

from lfsc.audio.recording import AudioInfo

# In seconds, as NeMo, lhotse, Kaldi's segments and others call them.
START = ("offset", "start", "start_time", "begin", "begin_time")
END = ("end", "end_time", "stop")
DURATION = ("duration",)
CHANNEL = ("channel", "channel_selector")
# They would choose a part of a recording, too, in other units, or by names of which nothing says what they count.
NOT_READ = re.compile(
    r"segments|((audio|clip|segment|utterance|sample|frame|time|t)_?)?(start|begin|offset|onset)"
    r"((_|in|at|offset|time|seconds?|secs?|s|msecs?|ms|millis|milliseconds|us|ns|ts|samples?|frames?|timestamp)*)",
    re.IGNORECASE,
)
# In seconds, thirty years: what no recording reaches.
TOO_LONG = 1e9
# In seconds: durations are rounded, and may count what an encoder adds.
ROUNDING, BEYOND_END = 0.02, 0.1


class Part(NamedTuple):
    """`seconds` from `start`, up to the end where they are None, of one channel, or of the mean of all."""

    start: float = 0.0
    seconds: float | None = None
    channel: int | None = None

    def samples(self, info: AudioInfo) -> tuple[int, int]:
        """The first sample and how many; ValueError where the recording does not have them."""
        first, length = round(self.start * info.sample_rate), info.num_samples / info.sample_rate
        rest = info.num_samples - first
        if self.channel is not None and self.channel >= info.channels:
            raise ValueError(f"no channel {self.channel}, the recording has {info.channels}, counted from 0")
        is_beyond = self.start + (self.seconds or 0) > length + BEYOND_END
        difference = BEYOND_END if is_beyond else ROUNDING
        # Beyond, but as long as all of it: a clip that was cut out, of which the row still says where it was.
        if self.seconds is not None and abs(self.seconds - length) <= difference and (first == 0 or is_beyond):
            return 0, info.num_samples
        if rest <= 0:
            raise ValueError(f"its part begins at {self.start:g} s, the recording ends at {length:.3f} s")
        if self.seconds is None:
            return first, rest
        if is_beyond:
            raise ValueError(f"its part ends at {self.start + self.seconds:g} s, the recording at {length:.3f} s")
        return first, min(rest, round(self.seconds * info.sample_rate))


WHOLE = Part()


def read_part(row: dict) -> Part:
    """The part that the fields of a row name; ValueError for fields that contradict each other or are not read."""
    given = (str(name) for name, value in row.items() if value not in (None, "") and name not in START)
    if not_read := [name for name in given if NOT_READ.fullmatch(name)]:
        raise ValueError(f"{not_read[0]!r} is not read: give 'offset' and 'duration' in seconds")
    start, duration, end = (read_seconds(row, names) for names in (START, DURATION, END))
    if end is not None:
        length = round(end - (start or 0.0), 6)
        if duration is not None and abs(duration - length) > ROUNDING:
            raise ValueError(f"'duration' is {duration:g}, but start and end are {length:g} s apart")
        duration = length
    if duration is not None and duration <= 0:
        raise ValueError(f"its part is {duration:g} s long, expected more than 0")
    return Part(start or 0.0, duration, read_channel(row))


def read_seconds(row: dict, names: tuple[str, ...]) -> float | None:
    given = [name for name in names if row.get(name) not in (None, "")]
    if not given:
        return None
    if len({str(row[name]) for name in given}) > 1:
        raise ValueError(f"{' and '.join(map(repr, given))} contradict each other")
    value = row[given[0]]
    try:
        seconds = float("nan") if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        seconds = float("nan")
    if not 0 <= seconds < TOO_LONG:
        raise ValueError(f"{given[0]!r} is {json.dumps(value)[:60]}, expected seconds from 0 on")
    return seconds


def read_channel(row: dict) -> int | None:
    value = find_first(row, CHANNEL)
    if value is None or value == "average":
        return None
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, bool) or not str(value).isascii() or not str(value).isdigit():
        name = next(name for name in CHANNEL if row.get(name) not in (None, ""))
        raise ValueError(f"{name!r} is {json.dumps(value)[:60]}, expected one channel, counted from 0")
    return int(value)


def find_first(row: dict, names: tuple[str, ...]) -> Any:
    """The value of the first of the names that has one."""
    return next((row[name] for name in names if row.get(name) not in (None, "")), None)
