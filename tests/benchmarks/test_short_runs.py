"""Benchmarks that train a recipe for a few updates: what ends it early must be what `lfsc train` takes."""

import precision
import pytest
import running

from lfsc.config.checks import check_counts
from lfsc.config.compose import compose


@pytest.mark.parametrize("settings", [running.end_at(40, "demo"), precision.end_at(40)], ids=["running", "precision"])
def test_the_demo_may_end_before_its_discriminators_would_start(settings):
    config = compose("demo", settings)
    check_counts(config)
    assert config["max_updates"] == 40
