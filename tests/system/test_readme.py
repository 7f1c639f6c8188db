"""The README's commands, run as they are written, in its order, in an empty folder.

Three kinds are not run as they are: `make` and `git`, which a fresh clone runs; trainings longer than a test, which get
a few keys more at their end that make them small, or are only composed; and a download, in whose place a run is loaded.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TINY = (
    "max_updates=2 batch_size=2 num_workers=0 crop_length=8192 data.max_val_clips=4 trainer=cpu "
    "codec.encoder.channels=2 codec.decoder.channels=32 discriminators.start_at=0"
)

pytestmark = pytest.mark.slow


def commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line.split("  #")[0].strip() for line in lines if line.strip() and not line.startswith("#")]


def runnable(command: str) -> str | None:
    """What the test runs for a command; None for those that a fresh clone runs."""
    if command.startswith(("make ", "git ", "pip ", "hf ")):
        return None
    if command.startswith("lfsc train lfsc_22khz"):
        return f"{command} --show"
    if command.startswith("lfsc train"):
        return f"{command} {TINY}"
    if command.startswith("lfsc resume"):
        return f"{command} max_updates=3"  # the run is finished after two
    return command


@pytest.fixture(scope="module")
def place(tmp_path_factory, real_speech):
    """A folder with the recordings that the README speaks of and a run of the demo, made as `make train` does."""
    place = tmp_path_factory.mktemp("readme")
    for i, source in enumerate(sorted((real_speech / "en").rglob("*.flac"))[:6]):
        target = place / "MY_RECORDINGS" / "en" / f"speaker{i % 3}" / source.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    from lfsc.audio import files

    speech = files.load(next((real_speech / "de").rglob("*.flac")), sample_rate=22050)
    files.write(place / "my.wav", speech, sample_rate=22050)
    run(f"lfsc train demo --continue {TINY}", place)
    return place


def run(command: str, place: Path) -> str:
    """What a command prints, as a shell in the environment of these tests runs it."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "OMP_NUM_THREADS": "2"}
    done = subprocess.run(command, shell=True, cwd=place, env=environment, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout + done.stderr


def test_every_command_is_one_of_ours_or_make():
    known = {"make", "lfsc", "python", "git", "pip", "hf"}
    assert {shlex.split(command)[0] for command in commands()} <= known
    assert sum(command.startswith("make ") for command in commands()) == 2


def test_every_command_runs(place):
    for command in commands():
        if smaller := runnable(command):
            run(smaller, place)


def test_every_python_example_runs(place):
    """Those of docs/ that read what the README's commands have made as well."""
    names = ("tokens.md", "logs.md", "python.md")
    pages = [README, *((ROOT / "docs" / name).read_text(encoding="utf-8") for name in names)]
    blocks = [block for page in pages for block in re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)]
    assert len(blocks) == len(pages)
    for i, block in enumerate(blocks):
        (place / f"example{i}.py").write_text(block.replace("nvidia/low-frame-rate-speech-codec-22khz", "runs/demo"))
        run(f"python example{i}.py", place)
