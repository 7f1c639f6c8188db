import inspect
from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path

import pytest

from data_prep.__main__ import make_parser
from data_prep.corpora.registry import CORPORA, reader


@pytest.mark.parametrize("name", CORPORA)
def test_options_and_reader_fit_each_other(name):
    kind, verb = CORPORA[name], ArgumentParser()
    kind.add_options(verb)
    taken = set(inspect.signature(import_module(f"data_prep.corpora.{name}").utterances).parameters)
    assert taken == {"scratch", *kind.given}
    own = {action.dest for action in verb._actions} - {"help"}
    # What is held out for validation is chosen by the split, not by the reader.
    assert own - {"val_share", "validate_on_trained_speakers"} == set(kind.given.values()) - {"source", "seed"}


def test_a_reader_is_given_absolute_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = make_parser().parse_args(["folder", "in", "out", "--manifest", "list.csv"])
    given = reader(options).keywords
    assert given == {
        "sources": [Path.cwd() / "in"],
        "manifests": [Path.cwd() / "list.csv"],
        "language": None,
        "layout": None,
    }
