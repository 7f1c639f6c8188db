"""The three statements, and where they come from."""

import pytest
import torch

from lfsc.formats.licences import SUBJECTS, describe_data, statements_of, statements_of_hub
from lfsc.formats.load import load
from lfsc.formats.resolve import resolve


def test_every_subject_has_a_statement_and_what_is_given_now_wins(checkpoint, bundle):
    for source in (checkpoint, bundle):
        with resolve(source) as found:
            statements = statements_of(found, {"weights": "CC-BY-4.0", "data": None})
        assert tuple(statements) == SUBJECTS
        assert statements["weights"] == "CC-BY-4.0" and "not stated" in statements["data"]


def test_a_runs_data_are_named_with_their_hours(tmp_path, write_index):
    hours = {("mls/en", "train"): 7200, ("mls/de", "train"): 1800, ("mls/en", "val"): 999}
    write_index(tmp_path, {dataset: {f"{dataset[1]}.tar": (1, seconds)} for dataset, seconds in hours.items()})
    assert describe_data({"data": {"path": str(tmp_path)}})["data"].startswith("mls (2.5 h)")


def test_the_data_are_not_looked_at_for_a_codec_that_is_only_to_run(checkpoint, monkeypatch):
    """They may be on a file system that hangs, or of so many shards that it takes minutes."""
    contents = torch.load(checkpoint, weights_only=True)
    contents["config"]["data"] = {"path": "/far/away"}
    torch.save(contents, checkpoint)
    monkeypatch.setattr("lfsc.shards.index.read", lambda path: pytest.fail(f"{path} was read"))
    load(checkpoint)


@pytest.mark.parametrize("config", [{}, {"data": None}, {"data": {"path": None}}, {"data": {"path": "/nowhere"}}])
def test_data_out_of_reach_are_not_stated(config):
    assert describe_data(config) == {}


@pytest.mark.parametrize(
    ("name", "licence"),
    [
        ("nvidia/nemo-nano-codec-22khz-0.6kbps-12.5fps", "NVIDIA Open Model License"),
        ("nvidia/nemo-nano-codec-22khz-1.89kbps-21.5fps@main", "NVIDIA Open Model License"),
        ("nvidia/low-frame-rate-speech-codec-22khz", "NVIDIA's NSCLv1"),
        ("nvidia/audio-codec-44khz", "NVIDIA's NSCLv1"),
    ],
)
def test_what_nvidia_published_has_its_licence(name, licence):
    assert statements_of_hub(name) == {"weights": licence}


@pytest.mark.parametrize("name", ["somebody/nemo-nano-codec-22khz", "nvidia/parakeet"])
def test_of_other_repositories_nothing_is_known(name):
    assert statements_of_hub(name) == {}
