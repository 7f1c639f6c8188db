"""What holds for every command, whatever it does."""

import os
import signal
import sys
from collections.abc import Collection
from typing import Any


def require_sound_start(arguments: Collection[str]) -> None:
    """ValueError for an empty argument, and where the working folder has been removed."""
    if "" in arguments:
        # Not the folder that one is in.
        raise ValueError("an argument is empty, as where a variable is not set: give what belongs there")
    try:
        os.getcwd()
    except FileNotFoundError as error:
        # Libraries would end with words on files of their own.
        raise ValueError("the working folder has been removed: change to another one") from error


def end_on_signals() -> None:
    """From here on, SIGTERM and a closed terminal end a command as Ctrl-C does: what it has begun is removed."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # as under nohup
            signal.signal(number, interrupt)


def interrupt(number: int, _: Any) -> None:
    # `timeout` sends it twice; the second is not to stop what the first one removes.
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt(signal.Signals(number).name)


def report_interruption(interruption: KeyboardInterrupt, line: str) -> int:
    """Print the line; the exit status, which is 128 and the signal's number."""
    print(line, file=sys.stderr)
    return 128 + getattr(signal, str(interruption), signal.SIGINT)
