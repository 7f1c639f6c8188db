import csv
import io
import json

import pytest
import torch

from lfsc.evaluation.clips import Clip
from lfsc.evaluation.judging import Judged, Row
from lfsc.evaluation.light import light_metrics
from lfsc.evaluation.report import Report, clips_csv, definitions, summary
from lfsc.metrics.codebook import token_counts
from lfsc.metrics.metric import Measured

RATE = 22050


def row(codec, key, value, *, language="de", status="ok", band="full", **more):
    clip = Clip(key=key, path=None, language=language, speaker=f"speaker of {key}")
    measured = {"mel_distance": Measured(value), "si_sdr": Measured(-value)} if status == "ok" else {}
    return Row(codec, clip, status, band=band, seconds=2.0, bits=100.0, measured=measured, **more)


@pytest.fixture
def report(coarse) -> Report:
    tokens = coarse.code(torch.full((100,), 0.3)).tokens
    ours = [
        row("ours", "a", 0.1),
        row("ours", "b", 0.3, language="en", band="16 kHz", unmeasured={"pesq": "too short"}),
        row("ours", "c", 0.0, status="misaligned", reason="offset: 3 samples"),
        row("ours", "d", 0.0, status="failed", reason="not a recording"),
    ]
    theirs = [row("theirs", "a", 0.2), row("theirs", "b", 0.4, language="en")]
    judged = {
        "ours": Judged(coarse, ours, token_counts(tokens[None], codebook_size=32), -80.0),
        "theirs": Judged(coarse, theirs, None, None),
    }
    described = definitions(list(light_metrics(RATE)), RATE)
    return Report({"data": "x", "clips": 4, "sample_rate": RATE}, described, judged, {"cer": "no weights"})


def test_the_summary_has_means_by_name_overall_and_by_group(report):
    found = summary(report)
    assert found["metrics"]["mel_distance"]["mean"] == pytest.approx(0.2)
    assert found["metrics"]["mel_distance"]["count"] == 2
    assert set(found["metrics"]["si_sdr"]) == {"mean", "low", "high", "count"}
    assert found["metrics"]["silence_floor"]["mean"] == -80
    groups = found["codecs"]["ours"]["groups"]
    assert groups["language"]["en"]["mel_distance"] == {"mean": 0.3, "low": 0.3, "high": 0.3, "count": 1}
    assert list(groups["bandwidth"]) == ["16 kHz", "full"]
    assert list(groups["corpus"]) == ["unknown"]
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_what_is_left_out_is_counted_and_named(report):
    ours = summary(report)["codecs"]["ours"]
    assert ours["clips"] == {"ok": 2, "misaligned": 1, "failed": 1}
    assert ours["misaligned"] == {"c": "offset: 3 samples"}
    assert ours["failed"] == {"d": "not a recording"}
    assert ours["unmeasured"] == {"pesq": {"too short": 1}}
    assert summary(report)["not_measured"] == {"cer": "no weights"}


def test_bits_and_codebooks(report):
    ours, theirs = summary(report)["codecs"].values()
    assert ours["bitrate"] == {"stored": 50.0, "entropy": 0.0}
    assert ours["codebooks"] == {"size": 32, "frames": 100, "usage": [1 / 32], "entropy": [0.0]}
    assert theirs["codebooks"] == {}


def test_codecs_are_ranked_on_their_common_clips(report):
    ranks = summary(report)["ranks"]
    assert {label: rank["rank"] for label, rank in ranks["mel_distance"].items()} == {"ours": 1, "theirs": 2}
    assert {label: rank["rank"] for label, rank in ranks["si_sdr"].items()} == {"ours": 1, "theirs": 2}


def test_the_table_has_a_line_for_each_clip_and_says_why_a_cell_is_empty(report):
    lines = list(csv.DictReader(io.StringIO(clips_csv(report))))
    assert [(line["codec"], line["key"]) for line in lines] == [
        *(("ours", key) for key in "abcd"),
        *(("theirs", key) for key in "ab"),
    ]
    assert lines[0]["mel_distance"] == "0.1"
    assert (lines[1]["pesq"], lines[1]["reason"]) == ("", "pesq: too short")
    assert (lines[2]["status"], lines[2]["reason"]) == ("misaligned", "offset: 3 samples")


def test_every_number_says_what_it_is(report):
    for definition in summary(report)["definitions"].values():
        assert definition["better"] in ("higher", "lower", "zero")
        assert definition["sample_rate"] in (RATE, 16000)
        assert definition["source"] and definition["version"]
