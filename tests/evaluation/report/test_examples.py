import pytest

from lfsc.evaluation.clips import Clip
from lfsc.evaluation.report.examples import choose_clips
from lfsc.evaluation.runner import ClipResult, CodecResult
from lfsc.metrics.metric import Measurement


def result(label, values):
    rows = [
        ClipResult(label, Clip(key, path=None), "ok", metrics={"m": Measurement(value)})
        for key, value in values.items()
    ]
    return CodecResult(None, rows, None, None)


@pytest.mark.parametrize(
    ("better", "worst", "best"),
    [("lower", "fe", "ba"), ("higher", "ab", "ef"), ("zero", "af", "cd")],
)
def test_the_worst_and_the_best_in_the_direction_of_the_metric(better, worst, best):
    results = {"first": result("first", {"a": -9.0, "b": -3.0, "c": -2.0, "d": -1.0, "e": 4.0, "f": 8.0})}
    reasons = {key: reason.split(":")[0] for key, (_, reason) in choose_clips(results, "m", better).items()}
    assert list(reasons) == [*worst, *best]
    assert list(reasons.values()) == ["worst of first"] * 2 + ["best of first"] * 2


def test_other_codecs_add_their_worst_clip_once():
    results = {"first": result("first", {"a": 1.0, "b": 2.0}), "second": result("second", {"a": 5.0, "b": 3.0})}
    assert {key: reason for key, (_, reason) in choose_clips(results, "m", "lower").items()} == {
        "b": "worst of first: m 2.000",
        "a": "worst of first: m 1.000",
    }
    results["third"] = result("third", {"c": 7.0})
    assert choose_clips(results, "m", "lower")["c"][1] == "worst of third: m 7.000"
