import sys

import pytest

from lfsc.commands.weights import main, parse_names
from lfsc.evaluation.model_weights import Download


@pytest.fixture
def hub(monkeypatch):
    """In place of the network: a file that holds its source; `gone` does not exist."""

    def download(name, source, revision, folder):
        if source == "gone":
            raise OSError("no such repository\nreally")
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "model.safetensors").write_text(source)
        return Download(revision or "f" * 40, name)

    monkeypatch.setattr("lfsc.evaluation.model_weights.download_from_hub", download)
    monkeypatch.setattr("lfsc.evaluation.model_weights.download_squim", download)
    monkeypatch.setattr("lfsc.evaluation.model_weights.download_files", download)


def test_everything_is_fetched_and_checked(hub, tmp_path, capsys):
    assert main(["fetch", "--to", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    for name in ("squim", "utmos", "dnsmos", "asr", "speaker", "slm", "encodec", "dac", "mimi"):
        assert f"{name}: " in shown
    assert main(["check", "--to", str(tmp_path)]) == 0
    (tmp_path / "asr" / "model.safetensors").write_text("damaged")
    assert main(["check", "--to", str(tmp_path)]) == 1
    assert "asr: asr/model.safetensors is not the file" in capsys.readouterr().out


def test_a_failed_download_does_not_stop_the_rest(hub, tmp_path, capsys):
    assert main(["fetch", "--to", str(tmp_path), "--only", "asr=gone", "speaker=me/mine"]) == 1
    shown = capsys.readouterr()
    assert "asr: not fetched: no such repository really" in shown.err
    assert "speaker: me/mine ffffffffffff, 1 file" in shown.out


def test_without_the_package_that_downloads_it_says_how_to_get_it(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert main(["fetch", "--to", str(tmp_path), "--only", "asr"]) == 1
    assert "asr: not fetched: huggingface_hub is not installed: pip install 'lfsc[export]'" in capsys.readouterr().err


def test_pins_are_fetched_again(hub, tmp_path, capsys):
    main(["fetch", "--to", str(tmp_path / "a"), "--only", "asr=me/mine"])
    assert main(["fetch", "--to", str(tmp_path / "b"), "--pins", str(tmp_path / "a" / "weights.json")]) == 0
    one, two = ((tmp_path / name / "weights.json").read_text() for name in "ab")
    assert one == two


def test_unknown_names_and_empty_folders(tmp_path):
    with pytest.raises(ValueError, match="no weights called beauty; there are squim, utmos, dnsmos, asr"):
        parse_names(["beauty"])
    with pytest.raises(ValueError, match="holds no fetched weights"):
        main(["check", "--to", str(tmp_path)])
