"""A whole evaluation with the models of metrics, tried with a tiny untrained one."""

import json

import pytest
import torch
from transformers import Wav2Vec2FeatureExtractor, WavLMConfig, WavLMForXVector

from lfsc.commands.evaluate import parse
from lfsc.evaluation.evaluate import evaluate
from lfsc.evaluation.model_weights import Download, fetch


@pytest.fixture
def speaker_model(tmp_path):
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    tdnn = {"tdnn_dim": [8, 8], "tdnn_kernel": [5, 1], "tdnn_dilation": [1, 1], "xvector_output_dim": 8}
    positions = {"num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 4}
    folder = tmp_path / "speaker"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        WavLMForXVector(WavLMConfig(conv_dim=[8] * 7, **sizes, **tdnn, **positions)).save_pretrained(folder)
    Wav2Vec2FeatureExtractor().save_pretrained(folder)
    return folder


@pytest.fixture
def run(recordings, tmp_path):
    def run(*options: str) -> dict:
        base = ["--codec", "identity", "--data", str(recordings), "--out", str(tmp_path / "out"), "--workers", "0"]
        code = evaluate(parse([*base, "--limit", "2", *options]))
        return {"code": code} | json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))

    return run


def test_on_a_gpu_convolutions_are_float32(run, monkeypatch):
    """Where torch would let them have fewer bits by itself: the report is of the codec, not of the device."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    run("--protocol", "lfsc")
    assert not torch.backends.cudnn.allow_tf32


def test_a_device_that_is_not_there_is_told(run):
    with pytest.raises(ValueError, match=r"^--device cuda:99: this machine has (no|\d+) CUDA devices?; try"):
        run("--device", "cuda:99")


def test_a_model_given_by_path_is_used_and_named_with_its_checksum(run, speaker_model, tmp_path):
    found = run("--speaker", str(speaker_model), "--weights", str(tmp_path), "--asr", "none")
    assert found["code"] == 0
    assert found["metrics"]["speaker_similarity"]["mean"] == pytest.approx(1, abs=1e-5)
    assert found["metrics"]["speaker_similarity"]["count"] == 2
    version = found["definitions"]["speaker_similarity"]["version"]
    assert version.startswith("transformers") and version.split()[-2] == "speaker" and len(version.split()[-1]) == 12
    assert found["not_measured"]["cer"] == "switched off by --asr none"
    assert found["not_measured"]["squim_mos"].startswith("no weights")


def test_fetched_weights_are_used_without_being_asked_for(run, speaker_model, tmp_path):
    fetch("speaker", tmp_path, source="me/mine", revision="abc", download=lambda *_: Download("abc", "speaker"))
    found = run("--weights", str(tmp_path))
    assert found["metrics"]["speaker_similarity"]["count"] == 2
    assert found["definitions"]["speaker_similarity"]["version"].endswith("me/mine abc")


def test_a_protocol_picks_its_metrics(run, speaker_model, tmp_path, monkeypatch):
    loaded = []
    monkeypatch.setattr("lfsc.evaluation.evaluate.load_metrics", lambda model, *_, **__: loaded.append(model) or [])
    found = run("--protocol", "lfsc", "--speaker", str(speaker_model), "--squim", str(speaker_model), "--asr", "none")
    of_clips = {
        name for name in found["metrics"] if not name.startswith(("bitrate", "codebook", "silence", "loudness"))
    }
    assert of_clips == {"si_sdr", "mel_distance", "stft_distance"}
    assert set(found["not_measured"]) == {"cer"}
    # Models of other metrics are not even loaded.
    assert loaded == ["squim"]
    assert found["protocol"]["metrics"] == "of lfsc"


def test_a_missing_model_does_not_stop_the_other_metrics(run, tmp_path):
    (tmp_path / "empty").mkdir()
    found = run("--speaker", str(tmp_path / "empty"), "--squim", str(tmp_path / "none.pth"))
    assert "speaker_similarity" not in found["metrics"]
    assert set(found["not_measured"]) >= {"speaker_similarity", "squim_mos", "cer"}
    assert found["metrics"]["mel_distance"]["count"] == 2


def test_two_evaluations_into_one_folder_are_one(run, hold_lock, tmp_path):
    (tmp_path / "out").mkdir()
    with hold_lock(tmp_path / "out/.lock"), pytest.raises(ValueError, match="another process is writing to"):
        run("--asr", "none")
    assert run("--asr", "none")["code"] == 0
    assert not (tmp_path / "out/.lock").exists()


def test_a_full_disk_costs_the_files_and_not_the_means(run, small_disk, capsys):
    with small_disk(), pytest.raises(OSError, match=r"could not be written, File too large: '.*summary\.json'"):
        run("--asr", "none")
    assert "mel_distance" in capsys.readouterr().out
