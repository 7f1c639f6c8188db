"""lfsc beside onnxruntime: what the table of a tiny codec must say."""

import re
import sys

import pytest

pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")
import runtimes

RUNTIMES = ("lfsc, float32", "lfsc, bf16", "onnxruntime, spinning", "onnxruntime")


def test_ratios_are_of_the_same_round():
    # A round that took everybody three times as long changes nothing.
    theirs, ours = ([{"wall": wall} for wall in walls] for walls in ((2.0, 6.6, 1.8), (1.0, 3.0, 1.0)))
    assert runtimes.ratio(theirs, ours) == "2.00 (1.80–2.20)"


@pytest.mark.slow
def test_every_runtime_codes_alike(monkeypatch, capsys):
    options = ["--codec", "demo", "--threads", "1", "--seconds", "0.5", "--rounds", "2"]
    monkeypatch.setattr(sys, "argv", ["runtimes.py", *options])
    runtimes.main()
    rows = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines() if "| demo |" in line]
    assert [(row[3], row[4]) for row in rows] == [(verb, name) for verb in ("encode", "decode") for name in RUNTIMES]
    assert all(min(map(float, row[5:7])) > 0 and re.match(r"\d+\.\d\d \(", row[7]) for row in rows)
    same = {row[4]: float(row[8].rstrip(" %")) for row in rows if row[3] == "encode"}
    assert same["lfsc, float32"] == 100
    assert min(same["onnxruntime, spinning"], same["onnxruntime"]) > 95
