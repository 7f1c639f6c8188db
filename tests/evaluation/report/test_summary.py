import json

import pytest

from lfsc.evaluation.report.summary import summarize

RATE = 22050


def test_the_summary_has_means_by_name_overall_and_by_group(report):
    found = summarize(report)
    assert found["metrics"]["mel_distance"]["mean"] == pytest.approx(0.2)
    assert found["metrics"]["mel_distance"]["count"] == 2
    assert set(found["metrics"]["si_sdr"]) == {"mean", "low", "high", "count"}
    assert found["metrics"]["silence_floor"]["mean"] == -80
    assert found["groups"] == found["codecs"]["ours"]["groups"]
    groups = found["groups"]
    assert groups["language"]["en"]["clips"] == 1
    assert groups["language"]["en"]["metrics"]["mel_distance"] == {"mean": 0.3, "low": 0.3, "high": 0.3, "count": 1}
    assert found["codecs"]["theirs"]["groups"]["language"]["de"]["metrics"]["si_sdr"]["mean"] == pytest.approx(-0.2)
    assert set(groups["speaker"]) == {"speaker of a", "speaker of b"}
    assert list(groups["bandwidth"]) == ["16 kHz", "full"]
    assert list(groups["corpus"]) == ["unknown"]
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_excluded_clips_are_counted_and_named(report):
    ours = summarize(report)["codecs"]["ours"]
    assert ours["clips"] == {"ok": 2, "misaligned": 1, "failed": 1}
    assert ours["misaligned"] == {"c": "offset: 3 samples"}
    assert ours["failed"] == {"d": "not a recording"}
    assert ours["unmeasured"] == {"stoi": {"too short": 1}}
    assert summarize(report)["not_measured"] == {"cer": "no weights"}


def test_metrics_that_a_codec_cannot_have_get_a_reason(report):
    theirs = summarize(report)["codecs"]["theirs"]
    assert set(theirs["not_measured"]) >= {"codebook_usage", "silence_floor", "loudness_difference_minus_20_db"}
    assert not set(theirs["not_measured"]) & set(theirs["metrics"])


def test_bits_and_codebooks(report):
    ours, theirs = summarize(report)["codecs"].values()
    whole = {name: ours["metrics"][name]["mean"] for name in ("bitrate", "entropy_bitrate", "codebook_usage")}
    assert whole == {"bitrate": 0.05, "entropy_bitrate": 0, "codebook_usage": 1 / 32}
    assert ours["bitrate"] == {"stored": 50.0, "entropy": 0.0}
    assert ours["codebooks"] == {"size": 32, "frames": 100, "usage": [1 / 32], "entropy": [0.0]}
    assert theirs["codebooks"] == {}


def test_codecs_are_ranked_on_their_common_clips(report):
    ranks = summarize(report)["ranks"]
    assert {label: rank["rank"] for label, rank in ranks["mel_distance"].items()} == {"ours": 1, "theirs": 2}
    assert {label: rank["rank"] for label, rank in ranks["si_sdr"].items()} == {"ours": 1, "theirs": 2}


def test_every_metric_is_defined(report):
    for definition in summarize(report)["definitions"].values():
        assert definition["better"] in ("higher", "lower", "zero")
        assert definition["sample_rate"] in (RATE, 16000)
        assert definition["source"] and definition["version"]
