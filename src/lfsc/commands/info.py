"""`lfsc info`: what a file or folder is."""

import argparse
import json
import tarfile
from pathlib import Path

from lfsc.commands import inspect
from lfsc.commands.inspect import Facts

DESCRIPTION = """\
Say what something is and what it can be used for: a codec in any form that lfsc.load takes, a run directory, prepared
shards, token shards, a token file, exported graphs."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="lfsc info", description=DESCRIPTION)
    parser.add_argument("source", help="a file, a folder or a hub name")
    parser.add_argument("--json", action="store_true", help="as JSON")
    options = parser.parse_args(arguments)
    facts = describe(options.source)
    if options.json:
        print(json.dumps(facts, ensure_ascii=False, indent=1))
        return 0
    width = max(map(len, facts))
    print("\n".join(f"{name:<{width}}  {value}" for name, value in facts.items()))
    return 0


def describe(source: str) -> Facts:
    path = Path(source).expanduser()
    if path.is_file():
        return of_file(source, path)
    if (path / "index.json").is_file():
        return inspect.describe_index(path)
    if (path / "status.json").is_file():
        return run_directory(path)
    if (path / "codec.json").is_file():
        return inspect.graphs(path)
    return codec(source)


def of_file(source: str, path: Path) -> Facts:
    with path.open("rb") as file:
        begin = file.read(4)
    if begin == b"LFSC":
        return inspect.token_file(path)
    if path.suffix == ".tar" and tarfile.is_tarfile(path):
        return inspect.shard(path)
    if path.suffix in (".onnx", ".pt2") and (path.parent / "codec.json").is_file():
        return inspect.graphs(path.parent)
    return codec(source)


def codec(source: str) -> Facts:
    from lfsc.formats.describe import describe
    from lfsc.formats.resolve import opened

    with opened(source) as found:
        return describe(found)


def run_directory(path: Path) -> Facts:
    """Where a run stands, then what its newest checkpoint holds if it has one."""
    stands = inspect.run_stands(path)
    if not (path / "checkpoints" / "last.ckpt").is_file():
        return {"kind": "run directory without a checkpoint", **stands, "for": "waiting, or lfsc train again"}
    facts = codec(str(path))
    return {"kind": facts.pop("kind"), **stands, **facts}
