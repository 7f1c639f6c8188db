"""lfsc weights fetch | check"""

import argparse
import sys
from pathlib import Path

from lfsc.io.messages import one_line, say_count
from lfsc.io.missing import explain_missing

DESCRIPTION = "Download the models that metrics and comparisons need, pin them, and check that they are unchanged."
EPILOG = """\
`fetch` needs a network; copy the folder to a machine without one and give it there with --to or as $LFSC_WEIGHTS, or
with `lfsc evaluate --weights`. weights.json in it records each revision and the checksum of each file; with --pins a
copy of that file fetches exactly the same again."""


def main(arguments: list[str]) -> int:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="lfsc weights", description=DESCRIPTION, epilog=EPILOG, formatter_class=raw)
    parser.add_argument("action", choices=("fetch", "check"))
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="default: $LFSC_WEIGHTS, else ~/.cache/lfsc/weights")
    parser.add_argument(
        "--only", nargs="+", metavar="NAME[=SOURCE]", help="squim utmos dnsmos asr speaker slm encodec dac mimi"
    )
    parser.add_argument("--pins", type=Path, metavar="weights.json", help="fetch these revisions")
    options = parser.parse_args(arguments)

    from lfsc.evaluation.model_weights import default_folder

    folder = options.to or default_folder()
    return check(folder) if options.action == "check" else fetch_all(folder, options.only, options.pins)


def fetch_all(folder: Path, only: list[str] | None, pins: Path | None) -> int:
    """Everything that can be downloaded; 1 where something cannot, after a line with the reason."""
    from lfsc.evaluation.model_weights import fetch, read_pins

    pinned = read_pins(pins) if pins else {}
    fetched, failed = 0, 0
    for name, source in parse_names(only or list(pinned) or None).items():
        pin = pinned.get(name, {})
        try:
            entry = fetch(name, folder, source=source or pin.get("source"), revision=pin.get("revision"))
            fetched += 1
            print(f"{name}: {entry['source']} {entry['revision'][:12]}, {say_count(len(entry['sha256']), 'file')}")
        except (OSError, ValueError, ImportError) as error:
            failed += 1
            reason = explain_missing(error, "evaluate") if isinstance(error, ModuleNotFoundError) else one_line(error)
            print(f"{name}: not fetched: {reason}", file=sys.stderr)
    if fetched:
        print(f"weights are in {folder}")
    return 1 if failed else 0


def parse_names(names: list[str] | None) -> dict[str, str | None]:
    """Each name with the source a user gave for it, such as asr=openai/whisper-small."""
    from lfsc.evaluation.model_weights import SOURCES

    parts = (text.partition("=") for text in names or SOURCES)
    given = {name: source or None for name, _, source in parts}
    if unknown := sorted(set(given) - set(SOURCES)):
        raise ValueError(f"no weights called {', '.join(unknown)}; there are {', '.join(SOURCES)}")
    return given


def check(folder: Path) -> int:
    from lfsc.evaluation.model_weights import find_damage, read_lock

    lock = read_lock(folder)
    if not lock:
        raise ValueError(f"{folder} holds no fetched weights; run `lfsc weights fetch`")
    found = find_damage(folder)
    for line in found:
        print(line)
    if not found:
        print(f"{', '.join(lock)}: as they were fetched, in {folder}")
    return 1 if found else 0
