"""python watch.py FOLDER: the whole zoo at every loader, and what came of each as a line of JSON.

Time is that of computing, which other processes on the machine do not lengthen; memory is what the process held
meanwhile beyond what it held before. What asks for more than the address space allows, or does nothing for long, is
told as an error.
"""

import ctypes
import gc
import json
import re
import resource
import shutil
import signal
import sys
import time
from pathlib import Path

import torch
from honest import Honest
from kinds import zoo
from loaders import Refused, loaders

LIBC = ctypes.CDLL(None)
HANGS = 20  # seconds
SPACE = 3 << 30  # bytes beyond what the process has mapped at first


class Hangs(BaseException):
    """Nothing came of it for long."""


def interrupt(*_) -> None:
    raise Hangs


def peak() -> float:
    """Megabytes that the process held at once since `forget_peak`."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


def forget_peak() -> None:
    gc.collect()
    LIBC.malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")


def outcome(load, path: Path) -> str:
    """How a loader took a file: accepted, refused with a line, or an error that is no refusal."""
    signal.alarm(HANGS)
    try:
        load(path)
    except (Refused, ValueError, OSError) as error:
        said = str(error)
        return f"refused: {said}" if said and "\n" not in said else f"error: {type(error).__name__}, {said!r}"
    except (Exception, Hangs, SystemExit) as error:
        return f"error: {type(error).__name__}, {str(error)[:300]!r}"
    finally:
        signal.alarm(0)
    return "accepted"


def watch() -> None:
    """Bounds for all that follows, once all is imported."""
    torch.set_num_threads(1)
    signal.signal(signal.SIGALRM, interrupt)
    # Modules are not searched for garbage each time.
    gc.collect()
    gc.freeze()
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + SPACE, mapped + SPACE))


def main(folder: Path, pattern: str = "") -> None:
    honest = Honest.make(folder / "honest")
    opened = loaders(honest, folder)
    shards = {"speech": honest.speech_shard(), "tokens": honest.token_shard()}
    files = {name: folder / f"{name}.tar" for name in shards}
    for name, content in shards.items():
        files[name].write_bytes(content)
    (folder / "clip.lfsc").write_bytes(honest.token_file())
    # What is honest is accepted; all that is imported has been imported then.
    for name, path in {"load": honest.bundle, "info": honest.checkpoint, "decode": folder / "clip.lfsc",
                       "tokenize": files["speech"], "detokenize": files["tokens"], "TokenShards": files["tokens"],
                       "evaluate": files["speech"]}.items():  # fmt: skip
        print(json.dumps({"kind": "honest", "loader": name, "outcome": outcome(opened[name], path)}), flush=True)
    watch()
    for kind, (make, refusing) in zoo().items():
        if not re.search(pattern, kind):
            continue
        place = folder / "it"
        path = make(honest, place)
        for name, load in opened.items():
            forget_peak()
            held = peak()
            before = time.process_time()
            found = outcome(load, path)
            facts = {"seconds": round(time.process_time() - before, 2), "megabytes": round(peak() - held)}
            row = {"kind": kind, "loader": name, "must": name in refusing, "outcome": found}
            print(json.dumps(row | facts), flush=True)
        shutil.rmtree(place)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
