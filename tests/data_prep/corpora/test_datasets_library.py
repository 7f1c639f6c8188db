import sys

import pytest

from data_prep.corpora.datasets_library import find_tables


def test_without_the_library_it_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(ValueError, match=r"need the library datasets: pip install 'lfsc\[datasets\]'"):
        find_tables(tmp_path, config=None, revision=None)


def test_a_version_that_runs_scripts_is_refused(tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets, "__version__", "2.14.0")
    with pytest.raises(ValueError, match=r"datasets 2\.14\.0 runs scripts of data sets"):
        find_tables(tmp_path, config=None, revision=None)


def test_a_folder_that_is_not_there(tmp_path):
    pytest.importorskip("datasets")
    with pytest.raises(ValueError, match="is not there: expected a folder, or a data set of the hub"):
        find_tables(tmp_path / "gone", config=None, revision=None)
