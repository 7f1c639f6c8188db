"""Columns of metrics.csv as curves."""

from math import isnan

import pytest

from lfsc.evaluation.run_report.curves import MOST_POINTS, plot_column, plot_groups


def rows_of(column, values, every=1):
    return [{"update": str(every * number), column: str(value)} for number, value in enumerate(values)]


def coordinates(curve):
    return [tuple(map(float, point.split(","))) for point in curve.points.split()]


def test_runs_share_axes():
    plot = plot_column("val/mel", {"a": rows_of("val/mel", [4, 2]), "b": rows_of("val/mel", [3, 0], every=2)})
    assert (plot.low, plot.high, plot.updates) == (0, 4, 2)
    assert coordinates(plot.curves["a"]) == [(0, 0), (120, 40)]
    assert coordinates(plot.curves["b"]) == [(0, 20), (240, 80)]
    assert plot.curves["b"].last == 0


def test_empty_cells_and_values_that_are_not_finite_are_no_points():
    rows = [*rows_of("x", ["", "nan", 1, "inf", 2]), {"update": "9"}]
    assert len(coordinates(plot_column("x", {"a": rows}).curves["a"])) == 2
    assert plot_column("x", {"a": rows_of("x", ["", "nan"])}) is None


def test_a_single_point_is_a_dot_and_a_last_value_that_is_not_finite_is_told():
    plot = plot_column("x", {"a": rows_of("x", [1, "nan"]), "b": rows_of("x", [1, 2]), "c": []})
    assert {name: curve.is_dot for name, curve in plot.curves.items()} == {"a": True, "b": False}
    assert isnan(plot.curves["a"].last)
    assert (plot.high, plot.updates) == (2, 1)


def test_a_long_curve_is_averaged_and_keeps_its_mean():
    values = [number % 7 for number in range(7 * MOST_POINTS)]
    curve = plot_column("x", {"a": rows_of("x", values)}).curves["a"]
    assert len(coordinates(curve)) == MOST_POINTS
    assert {y for _, y in coordinates(curve)} == {40.0}


def test_each_column_is_in_one_group():
    columns = ["val/mel", "val/codebook_entropy", "val/codebook_entropy_3", "val/codebook_usage_3", "train/mel", "mine"]
    row = {"update": "0"} | dict.fromkeys(columns, "1")
    groups = plot_groups({"a": [row]})
    assert {name: [plot.column for plot in plots] for name, plots in groups.items()} == {
        "Validation": ["val/mel", "val/codebook_entropy"],
        "Training losses": ["train/mel"],
        "Codebooks": ["val/codebook_entropy_3"],
        "Others": ["mine"],
    }


def test_a_cell_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="could not convert"):
        plot_groups({"a": rows_of("train/mel", ["1", "<b>"])})
