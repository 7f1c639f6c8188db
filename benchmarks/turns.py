"""Processes that take turns, so that a machine whose pace wanders from minute to minute treats them alike."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO

READY = "READY"  # what a process prints before each of its turns; a line lets it go on


def wait_for_turn() -> None:
    """In a process: until the others have had theirs."""
    print(READY, flush=True)
    sys.stdin.readline()


def in_turns(commands: Sequence[list[str]]) -> list[list[str]]:
    """The lines that each command printed; MemoryError if a GPU had too little, SystemExit if one failed."""
    with ExitStack() as stack:
        errors = [stack.enter_context(tempfile.TemporaryFile("w+")) for _ in commands]
        processes = [start(command, file, stack) for command, file in zip(commands, errors, strict=True)]
        printed = [[] for _ in commands]
        waiting = [pair for pair in zip(processes, printed, strict=True) if is_ready(*pair)]
        while waiting:
            waiting = [pair for pair in waiting if is_ready_again(*pair)]
        for command, process, file in zip(commands, processes, errors, strict=True):
            check(command, process, file)
    return printed


def start(command: list[str], errors: IO[str], stack: ExitStack) -> subprocess.Popen:
    pipe = subprocess.PIPE
    process = stack.enter_context(subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=errors, text=True))
    stack.callback(process.kill)
    return process


def is_ready(process: subprocess.Popen, printed: list[str]) -> bool:
    """Whether it waits for another turn, once it has printed what comes before; else it has ended."""
    for line in process.stdout:
        if line.strip() == READY:
            return True
        printed.append(line)
    return False


def is_ready_again(process: subprocess.Popen, printed: list[str]) -> bool:
    print(file=process.stdin, flush=True)
    return is_ready(process, printed)


def check(command: list[str], process: subprocess.Popen, errors: IO[str]) -> None:
    if process.wait() == 0:
        return
    errors.seek(0)
    message = errors.read()
    if "CUDA out of memory" in message:
        raise MemoryError(Path(command[1]).name)
    sys.exit(f"{' '.join(command)} failed:\n{message[-2000:]}")
