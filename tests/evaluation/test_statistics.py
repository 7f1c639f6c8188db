import numpy
import pytest
from scipy.stats import bootstrap

from lfsc.evaluation.statistics import Estimate, estimate_means, rank_codecs, resample_means
from lfsc.metrics.metric import Measurement


def measurements(values, weights=None):
    return {f"{i:04}": Measurement(value, (weights or [1.0] * len(values))[i]) for i, value in enumerate(values)}


def test_the_interval_agrees_with_scipy_s_percentile_bootstrap():
    values = numpy.random.default_rng(0).gamma(2, size=200)
    found = estimate_means([{"a": Measurement(value)} for value in values], ["a"])["a"]
    oracle = bootstrap(
        (values,), numpy.mean, method="percentile", n_resamples=20000, random_state=0
    ).confidence_interval
    assert found.mean == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high), abs=0.02)
    assert found.count == 200


def test_error_rates_are_weighted_by_their_length():
    rows = [{"cer": Measurement(100.0, 1)}, {"cer": Measurement(0.0, 99)}]
    assert estimate_means(rows, ["cer"])["cer"].mean == pytest.approx(1.0)


def test_one_clip_has_no_interval_and_an_unmeasured_number_no_estimate():
    assert estimate_means([{"a": Measurement(2.0)}, {}], ["a", "b"]) == {"a": Estimate(2.0, 2.0, 2.0, 1)}


def test_resampling_in_blocks_gives_the_same_draws(monkeypatch):
    values = numpy.random.default_rng(0).normal(size=30)
    whole = resample_means(values, numpy.ones_like(values))
    monkeypatch.setattr("lfsc.evaluation.statistics.BLOCK", 30 * 7)
    assert resample_means(values, numpy.ones_like(values)) == pytest.approx(whole, abs=1e-12)


@pytest.mark.parametrize(("better", "first"), [("higher", "big"), ("lower", "negative"), ("zero", "small")])
def test_ranks_follow_the_direction(better, first):
    values = {"big": [9.0, 10.0], "small": [1.0, -1.1], "negative": [-5.0, -6.0]}
    found = rank_codecs({label: measurements(pair) for label, pair in values.items()}, better)
    assert found[first].rank == 1
    assert sorted(rank.rank for rank in found.values()) == [1, 2, 3]


def test_only_clips_that_all_have_are_ranked_and_ties_are_marked():
    noise = numpy.random.default_rng(0).normal(size=(2, 50))
    good, same = measurements(list(noise[0])), measurements(list(noise[0] + 0.1 * noise[1]))
    bad = measurements(list(noise[0] + 1))
    good["only here"] = Measurement(-1000.0)
    found = rank_codecs({"good": good, "same": same, "bad": bad}, "lower")
    assert all(rank.count == 50 for rank in found.values())
    assert found["good"].ties_with_best and found["same"].ties_with_best
    assert not found["bad"].ties_with_best
    assert found["bad"].rank == 3


def test_codecs_without_a_common_clip_have_no_ranks():
    assert rank_codecs({"a": {"x": Measurement(1.0)}, "b": {"y": Measurement(1.0)}}, "lower") == {}
