"""Stands for `lfsc train` in tests of sweeps: validates five times, as the overrides say; a script: OVERRIDES.

lr is how good it is (the less the better); behaviour: good, fails, nan, killed, stops (at its first start), bad
(as good, but it looks hopeless in between, for four times as long).
"""

import json
import os
import signal
import socket
import sys
import time
from pathlib import Path


def main(options: dict[str, str]) -> int:
    folder = Path(options["runs_root"]) / options["name"]
    lr, behaviour = float(options["lr"]), options.get("behaviour", "good")
    updates = folder / "updates"  # what it has done, over all its starts
    (folder / "group").write_text(os.environ["WANDB_RUN_GROUP"])
    if behaviour == "fails" or "FAILS" in os.environ:
        print("lfsc train: there is no such corpus")
        return 2
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    first = len(updates.read_text().split()) if updates.exists() else 0
    for update in range(first, 5):
        say(folder, "running", update)
        value = {"nan": "nan", "bad": str(100 + lr)}.get(behaviour, str(lr + 5 - update))
        with updates.open("a") as done:
            done.write(f"{update}\n")
        rows = [f"{i},{lr + 5 - i}" for i in range(update)] + [f"{update},{value}"]
        (folder / "metrics.csv").write_text("update,val/mel\n" + "\n".join(rows) + "\n")
        time.sleep(float(options.get("seconds", 0.02)) * (4 if behaviour == "bad" else 1))
        if behaviour == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if stopped or (behaviour == "stops" and first == 0):
            say(folder, "interrupted", update)
            return 75
    say(folder, "finished", 5)
    return 0


def say(folder: Path, state: str, update: int) -> None:
    status = {"state": state, "update": update, "max_updates": 5, "host": socket.gethostname(), "pid": os.getpid()}
    (folder / "status.json").write_text(json.dumps(status | {"last_heartbeat": time.time()}))


if __name__ == "__main__":
    sys.exit(main(dict(item.split("=", 1) for item in sys.argv[1:])))
