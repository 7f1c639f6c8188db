"""Everything of lfsc that opens a file of somebody else's, as functions of its path."""

import contextlib
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

from honest import Honest

import lfsc
from lfsc.cli import main
from lfsc.tokens.dataset import TokenShards


class Refused(Exception):
    """What was said, where that is one line for each fault."""


def command(*arguments: str) -> None:
    """A command of lfsc's; Refused with its last line where it does not end with 0."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        status = main(list(arguments))
    if status:
        raise Refused(said.getvalue().strip().splitlines()[-1])


def loaders(honest: Honest, out: Path) -> dict[str, Callable[[Path], None]]:
    def fresh() -> str:
        return tempfile.mkdtemp(dir=out)

    codec = ("--codec", str(honest.bundle), "--device", "cpu")
    nothing = ("--asr", "none", "--speaker", "none", "--squim", "none", "--level-clips", "0", "--workers", "0")
    return {
        "load": lambda path: consume(lfsc.load(path)),
        "info": lambda path: command("info", str(path)),
        "decode": lambda path: command("decode", str(path), f"{fresh()}/x.wav", *codec, "--original-level"),
        "tokenize": lambda path: command("tokenize", str(path), fresh(), *codec, "--workers", "1"),
        "detokenize": lambda path: command("detokenize", str(path), fresh(), *codec, "--workers", "1"),
        "TokenShards": lambda path: consume(list(TokenShards(path))),
        "evaluate": lambda path: command(
            "evaluate", "--codec", "identity", "--data", str(path), "--out", fresh(), *nothing
        ),
    }


def consume(value: object) -> None:
    """A value that is of no use but that it could be made."""
    del value
