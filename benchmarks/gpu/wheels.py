"""What a machine with torch, lightning and transformers lacks to train with lfsc: `wheels.py` prints a pin a line.

By what pyproject.toml asks for and this environment has installed, at the versions of constraints.txt.
"""

import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "benchmarks"))

from dependencies import closure, direct_dependencies  # noqa: E402

# With all that they bring; by far the largest.
THERE = ("torch", "torchaudio", "lightning", "transformers", "matplotlib", "tensorboard", "rich", "pytest")
# Energon asks for it and imports it only for shards in S3; 30 MB with what it brings.
NOT_NEEDED = "s3fs"


def main() -> None:
    pins = dict(line.split("==") for line in (PROJECT / "constraints.txt").read_text().splitlines() if "==" in line)
    for name in sorted(lacking()):
        print(f"{name}=={pins[name]}")


def lacking() -> set[str]:
    there = set().union(*map(closure, THERE))
    asked = [name for name, extras in direct_dependencies().items() if not extras or "train" in extras]
    return set().union(*(closure(name, without=NOT_NEEDED) for name in asked)) - there


if __name__ == "__main__":
    main()
