"""`lfsc info`: what a file or folder is."""

import argparse
import json
from os.path import expanduser
from pathlib import Path

from lfsc.audio.suffixes import is_recording
from lfsc.commands.facts import (
    Facts,
    describe_graphs,
    describe_index,
    describe_recording,
    describe_shard,
    describe_status,
    describe_token_file,
)
from lfsc.commands.own_code import add_own_code, own_code_names
from lfsc.io.messages import printable
from lfsc.runs.directory import Run
from lfsc.shards import index

DESCRIPTION = """\
Say what something is and what it can be used for: a codec in any form that lfsc.load takes, a run directory, prepared
shards, token shards, a token file, a recording, exported graphs."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="lfsc info", description=DESCRIPTION)
    parser.add_argument("source", help="a file, a folder or a hub name")
    add_own_code(parser)
    parser.add_argument("--json", action="store_true", help="as JSON")
    options = parser.parse_args(arguments)
    facts = describe(options.source, own_code_names(options))
    if options.json:
        print(json.dumps(facts, ensure_ascii=False, indent=1))
        return 0
    width = max(map(len, facts))
    print("\n".join(printable(f"{name:<{width}}  {value}") for name, value in facts.items()))
    return 0


def describe(source: str, trust: list[str]) -> Facts:
    path = Path(expanduser(source))
    if path.is_file():
        return describe_file(source, path, trust)
    if (path / index.NAME).is_file():
        return describe_index(path)
    if Run(path).status_file.is_file():
        return describe_run(path, trust)
    if (path / index.CODEC_NAME).is_file():
        return describe_graphs(path)
    return describe_codec(source, trust)


def describe_file(source: str, path: Path, trust: list[str]) -> Facts:
    with path.open("rb") as file:
        begin = file.read(4)
    if begin == b"LFSC":
        return describe_token_file(path)
    if path.suffix == ".tar":
        return describe_shard(path)
    if is_recording(path.name):
        return describe_recording(path)
    if path.suffix in (".onnx", ".pt2") and (path.parent / index.CODEC_NAME).is_file():
        return describe_graphs(path.parent)
    return describe_codec(source, trust)


def describe_codec(source: str, trust: list[str]) -> Facts:
    from lfsc.config.own_code import import_own
    from lfsc.formats.describe import describe
    from lfsc.formats.resolve import resolve

    with resolve(source, trusted=import_own(trust)) as found:
        return describe(found)


def describe_run(path: Path, trust: list[str]) -> Facts:
    """How far a run is, then what its newest checkpoint holds if it has one."""
    status = describe_status(path)
    if not Run(path).last_checkpoint.is_file():
        return {"kind": "run directory without a checkpoint", **status, "for": "lfsc train, which begins it anew"}
    facts = describe_codec(str(path), trust)
    return {"kind": facts.pop("kind"), **status, **facts}
