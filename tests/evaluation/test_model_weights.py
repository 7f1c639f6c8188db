import json
import shutil

import pytest

from lfsc.evaluation.model_weights import Download, default_folder, fetch, find_damage, locate, read_lock, read_pins


def fake_download(name, source, revision, folder):
    """In place of a download: the content is the revision."""
    revision = revision or "newest"
    place = folder / name / revision
    place.mkdir(parents=True)
    (place / "model.safetensors").write_text(f"{source} {revision}")
    return Download(revision, f"{name}/{revision}")


def test_fetched_weights_are_pinned_and_found(tmp_path):
    fetch("speaker", tmp_path, source=None, revision=None, download=fake_download)
    found = locate("speaker", None, tmp_path)
    assert found.path == str(tmp_path / "speaker" / "newest")
    assert found.label == "microsoft/wavlm-base-plus-sv newest"
    assert find_damage(tmp_path) == []


def test_a_pin_brings_the_same_revision_again(tmp_path):
    entry = fetch("asr", tmp_path / "a", source="me/whisper", revision="abc", download=fake_download)
    pin = read_pins(tmp_path / "a" / "weights.json")["asr"]
    again = fetch("asr", tmp_path / "b", source=pin["source"], revision=pin["revision"], download=fake_download)
    assert again == entry


def test_weights_move_with_their_folder(tmp_path):
    fetch("speaker", tmp_path / "here", source=None, revision=None, download=fake_download)
    shutil.move(tmp_path / "here", tmp_path / "there")
    assert find_damage(tmp_path / "there") == []
    assert locate("speaker", None, tmp_path / "there").path.startswith(str(tmp_path / "there"))


def test_damage_is_found(tmp_path):
    fetch("speaker", tmp_path, source=None, revision=None, download=fake_download)
    fetch("dac", tmp_path, source=None, revision=None, download=fake_download)
    (tmp_path / "speaker" / "newest" / "model.safetensors").write_text("other")
    (tmp_path / "dac" / "newest" / "model.safetensors").unlink()
    assert find_damage(tmp_path) == [
        "dac: dac/newest/model.safetensors is missing",
        "speaker: speaker/newest/model.safetensors is not the file that was fetched",
    ]


def test_files_of_a_url_are_fetched_and_pinned_by_their_checksum(tmp_path):
    for name in ("model_v8.onnx", "sig_bak_ovr.onnx"):
        (tmp_path / "web/DNSMOS").mkdir(parents=True, exist_ok=True)
        (tmp_path / "web/DNSMOS" / name).write_text(name)
    url = (tmp_path / "web").as_uri()
    entry = fetch("dnsmos", tmp_path / "weights", source=url, revision=None)
    assert sorted(entry["sha256"]) == ["dnsmos/DNSMOS/model_v8.onnx", "dnsmos/DNSMOS/sig_bak_ovr.onnx"]
    assert locate("dnsmos", None, tmp_path / "weights").path == str(tmp_path / "weights" / "dnsmos")
    again = fetch("dnsmos", tmp_path / "again", source=url, revision=entry["revision"])
    assert again == entry
    with pytest.raises(ValueError, match=f"has the checksum {entry['revision'][:12]}, expected abc"):
        fetch("dnsmos", tmp_path / "again", source=url, revision="abc")
    with pytest.raises(ValueError, match="is a URL, expected a hub name"):
        fetch("speaker", tmp_path / "again", source=url, revision=None)


def test_given_weights_come_first_and_carry_a_checksum(tmp_path):
    (tmp_path / "mine.pth").write_text("x")
    fetch("squim", tmp_path, source=None, revision=None, download=fake_download)
    assert locate("squim", str(tmp_path / "mine.pth"), tmp_path).label == "mine.pth 2d711642b726"
    assert locate("squim", "someone/model", tmp_path) == ("someone/model", "someone/model")


def test_no_weights_at_all(tmp_path):
    with pytest.raises(ValueError, match="no weights: give --asr a local path or a hub name"):
        locate("asr", None, tmp_path)
    assert read_lock(tmp_path) == {}


@pytest.mark.parametrize("content", ["{", "{}", "[]"])
def test_pins_that_are_none(tmp_path, content):
    (tmp_path / "pins.json").write_text(content)
    with pytest.raises(ValueError, match=r"pins\.json is not a list of fetched weights"):
        read_pins(tmp_path / "pins.json")


def test_the_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("LFSC_WEIGHTS", str(tmp_path))
    assert default_folder() == tmp_path
    monkeypatch.delenv("LFSC_WEIGHTS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "lfsc" / "weights"


def test_the_lock_is_written_sorted(tmp_path):
    for name in ("speaker", "asr"):
        fetch(name, tmp_path, source=None, revision=None, download=fake_download)
    assert list(json.loads((tmp_path / "weights.json").read_text())["weights"]) == ["asr", "speaker"]
