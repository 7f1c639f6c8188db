"""The measurement for a GPU, on a CPU at tiny sizes: every step works on the code as it is."""

import json
import subprocess
import sys

import measure
import pytest


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_dry_run_does_every_step(tmp_path):
    command = [sys.executable, measure.__file__, str(tmp_path), "--dry"]
    result = subprocess.run(command, capture_output=True, text=True)
    report = (tmp_path / "report.txt").read_text()
    assert result.returncode == 0, report + result.stderr[-2000:]
    assert report.endswith("8 of 8 steps are done\n")
    for step in ("machine", "tests", "updates", "ddp", "coding", "parity", "training", "compiled"):
        assert json.loads((tmp_path / f"{step}.json").read_text()), step
    assert "Error" not in report and "skipped 1" not in report
    graphs = [line.partition(": ")[2] for line in report.splitlines() if " graphs, " in line]
    assert graphs[0].startswith("compile=true by eager: 3 graphs") and graphs[1].startswith("compile=all by eager: ")
    # At two batches each: in `updates` full size, the same with another gradient of reflection, and `small`, in
    # `compiled` both ways to compile.
    assert report.count("cuda_graphs=true, bf16-mixed, batch") == 10
    assert json.loads((tmp_path / "updates.json").read_text())["full size, bf16-mixed, batch 2"]["row"] > 0


def test_a_step_that_hangs_ends_alone_and_leaves_what_it_found(tmp_path):
    child = f"import sys, time; sys.stdin.readline(); open({str(tmp_path / 'report.txt')!r}, 'a').write('found\\n'); "
    hangs = [sys.executable, "-c", child + "time.sleep(60)"]
    process = subprocess.Popen(hangs, stdin=subprocess.PIPE, start_new_session=True)
    assert measure.finish(process, 1.5) == "ended after 2 s"
    assert process.poll() is not None
    assert (tmp_path / "report.txt").read_text() == "found\n"
    fine = subprocess.Popen([sys.executable, "-c", child], stdin=subprocess.PIPE, start_new_session=True)
    assert measure.finish(fine, 30) is None
