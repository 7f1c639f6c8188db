"""Benchmarks that train a recipe for a few updates: what ends it early must be what `lfsc train` takes."""

import importlib
from pathlib import Path

import pytest

from lfsc.config.checks import check_counts
from lfsc.config.compose import compose


@pytest.fixture(params=["running", "precision"])
def settings(monkeypatch, request):
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "benchmarks")
    benchmark = importlib.import_module(request.param)
    return benchmark.end_at(40, "demo") if request.param == "running" else benchmark.end_at(40)


def test_the_demo_may_end_before_its_discriminators_would_start(settings):
    config = compose("demo", settings)
    check_counts(config)
    assert config["max_updates"] == 40
