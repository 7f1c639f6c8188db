"""The model of many GPUs: what it must say at its limits."""

import pytest
import scaling

EVERY = {"checkpoint_every": 1000, "validate_every": 5000}


@pytest.fixture
def site():
    links = {"within": 300e9, "between": 40e9, "latency": 0.0, "overlap": 0.3, "gpus_per_node": 8}
    machine = {"crops_per_process": 1000.0, "clip": 1e6, "disk": 1e9, "validation": 0.0}
    return scaling.Site(update=0.2, batch=16, **links, **machine)


def test_one_gpu_is_what_was_measured(site):
    row = scaling.row_of(1, site, **EVERY)
    assert (row.update, row.exchange, row.efficiency, row.crops) == (0.2, 0.0, 1.0, pytest.approx(80))
    assert row.storage == pytest.approx(80e6)


def test_a_ring_sends_nearly_all_twice(site):
    row = scaling.row_of(8, site, **EVERY)
    assert row.exchange == pytest.approx(2 * 7 / 8 * (112.7e6 * 4 + 42.8e6 * 2) / 300e9)
    assert 0 < row.exposed < row.exchange


def test_what_computing_cannot_hide_is_waited_for(site):
    slow = site._replace(between=1e9)
    row = scaling.row_of(64, slow, **EVERY)
    assert row.exposed == pytest.approx(row.exchange - 0.3 * 0.2)
    assert row.efficiency < 0.2


def test_more_gpus_are_never_more_efficient(site):
    rows = [scaling.row_of(gpus, site._replace(latency=1e-5), **EVERY) for gpus in (1, 2, 8, 16, 64, 256)]
    assert [row.efficiency for row in rows] == sorted((row.efficiency for row in rows), reverse=True)
    assert [row.crops for row in rows] == sorted(row.crops for row in rows)
