"""docs/tutorial.ipynb: what it says runs, in the order in which it stands.

Its code is run as one script, not by nbclient: that needs a kernel, and so IPython and twenty packages more, to show
what a script shows as well, as the notebook has no magics. What its text says exists is checked by test_docs.py.
"""

import ast
import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "docs/tutorial.ipynb"
# In seconds. It promises two minutes on a core of its own; tests share theirs.
LIMIT = 280


def cells(kind: str) -> list[dict]:
    return [cell for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == kind]


def test_it_is_a_small_notebook_as_it_was_written_not_as_it_was_run():
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    names = [cell["id"] for cell in notebook["cells"]]
    assert len(set(names)) == len(names)
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells("code"))
    assert NOTEBOOK.stat().st_size < 50_000


def test_every_cell_of_code_has_a_reason_before_it():
    kinds = [cell["cell_type"] for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]]
    assert kinds[0] == "markdown" and ("code", "code") not in pairwise(kinds)


def test_every_cell_of_code_is_plain_python():
    for cell in cells("code"):
        ast.parse("".join(cell["source"]))


@pytest.mark.slow
@pytest.mark.timeout(2 * LIMIT)
def test_it_runs_in_an_empty_folder_and_runs_again(tmp_path):
    script = tmp_path / "tutorial.py"
    script.write_text("\n\n".join("".join(cell["source"]) for cell in cells("code")), encoding="utf-8")
    # No hub, no window, and one thread, as on one core.
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"}
    for _ in range(2):
        command = [sys.executable, "-P", script]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False
        )
        assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    made = ("original.wav", "pocket.wav", "first.wav", "evaluation/report.html", "runs/first/report.html")
    assert all((tmp_path / "tutorial" / name).stat().st_size > 1000 for name in made)
    distances = [float(line.split()[-1]) for line in done.stdout.splitlines() if ": mel distance " in line]
    # pocket's and that of eighty updates: both are codecs, and one of them is worth listening to.
    assert 0 < distances[0] < distances[1] < 2
