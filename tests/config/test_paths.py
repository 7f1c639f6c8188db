"""Paths of a configuration that is kept."""

from pathlib import Path

from lfsc.config.compose import compose
from lfsc.config.paths import with_absolute_paths


def test_what_lies_here_is_found_from_anywhere(tmp_path, monkeypatch):
    (tmp_path / "wavlm").mkdir()
    monkeypatch.chdir(tmp_path)
    config = with_absolute_paths(compose("small", ["data.path=shards", "slm.path=wavlm", "init_from=wavlm"]))
    assert config["data"]["path"] == str(tmp_path / "shards")
    assert config["slm"]["path"] == config["discriminators"]["slm"]["slm"]["path"] == str(tmp_path / "wavlm")
    assert config["init_from"] == str(tmp_path / "wavlm")


def test_the_speaker_encoder_is_found_from_anywhere(tmp_path, monkeypatch):
    (tmp_path / "voice").mkdir()
    monkeypatch.chdir(tmp_path)
    speaker = ["losses.reconstruction.speaker.weight=0.1", "losses.reconstruction.speaker.loss.encoder.path=voice"]
    config = with_absolute_paths(compose("nano_small", ["data.path=x", *speaker]))
    assert config["losses"]["reconstruction"]["speaker"]["loss"]["encoder"]["path"] == str(tmp_path / "voice")


def test_names_of_hubs_and_object_storage_stay():
    config = with_absolute_paths(compose("lfsc_22khz", ["data.path=msc://mine/shards", "init_from=nvidia/codec"]))
    assert (config["data"]["path"], config["init_from"]) == ("msc://mine/shards", "nvidia/codec")
    assert config["slm"]["path"] == "microsoft/wavlm-base-plus"


def test_a_tilde_is_the_home():
    assert with_absolute_paths(compose("demo", ["data.path=~/Sprache"]))["data"]["path"] == str(Path.home() / "Sprache")
