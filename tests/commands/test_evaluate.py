import csv
import json

import pytest

from lfsc.audio import files
from lfsc.commands.evaluate import main


@pytest.fixture(autouse=True)
def no_weights(monkeypatch, tmp_path):
    monkeypatch.setenv("LFSC_WEIGHTS", str(tmp_path / "no weights"))


@pytest.fixture
def recordings(tmp_path, voice):
    for number in range(3):
        name = tmp_path / "recordings" / "de" / f"voice{number}" / "a.wav"
        files.write(name, voice(1, rate=22050, seed=number), sample_rate=22050)
    return tmp_path / "recordings"


def summary(out):
    return json.loads((out / "summary.json").read_text(encoding="utf-8"))


def test_one_command_writes_the_whole_report(recordings, tmp_path, write_checkpoint, capsys):
    checkpoint = write_checkpoint(tmp_path / "x.ckpt", rates=(8, 8))
    codecs = ["--codec", f"ours={checkpoint}", "--codec", "identity"]
    out = tmp_path / "report"
    code = main([*codecs, "--data", str(recordings), "--out", str(out), "--workers", "0", "--level-clips", "1"])
    assert code == 0
    assert "mel_distance" in capsys.readouterr().out
    found = summary(out)
    assert list(found["codecs"]) == ["ours", "identity"]
    assert found["metrics"] == found["codecs"]["ours"]["metrics"]
    for name in ("si_sdr", "mel_distance", "stft_distance", "stoi", "estoi"):
        assert found["metrics"][name]["count"] == 3
    assert set(found["not_measured"]) >= {"squim_mos", "cer", "wer", "speaker_similarity"}
    assert len(found["codecs"]["ours"]["codebooks"]["usage"]) == 2
    with open(out / "clips.csv", newline="") as table:
        assert len(list(csv.DictReader(table))) == 6
    assert "<audio" in (out / "report.html").read_text(encoding="utf-8")


def test_a_folder_of_reconstructions_is_evaluated_and_missing_ones_are_reported(recordings, tmp_path, voice, capsys):
    theirs = tmp_path / "theirs"
    files.write(theirs / "de" / "voice0" / "a.flac", voice(1, rate=22050, seed=0), sample_rate=22050)
    files.write(theirs / "de" / "voice1" / "a.ogg", -voice(1, rate=22050, seed=1), sample_rate=22050)
    out = tmp_path / "report"
    code = main(["--pairs", str(recordings), str(theirs), "--out", str(out), "--workers", "0"])
    assert code == 1
    found = summary(out)["codecs"]["theirs"]
    assert found["clips"] == {"ok": 1, "misaligned": 1, "failed": 1}
    assert found["misaligned"]["de/voice1/a.wav"].startswith("sign: flipped")
    assert "de/voice2/a.wav failed: 0 reconstructions" in capsys.readouterr().err


@pytest.mark.slow
def test_two_runs_give_the_same_bytes_whatever_their_workers(recordings, tmp_path, write_checkpoint):
    checkpoint = write_checkpoint(tmp_path / "x.ckpt", rates=(8, 8))
    for workers in ("0", "1", "3"):
        out = str(tmp_path / workers)
        main(["--codec", str(checkpoint), "--data", str(recordings), "--out", out, "--workers", workers])
    for name in ("summary.json", "clips.csv", "report.html"):
        assert len({(tmp_path / workers / name).read_bytes() for workers in ("0", "1", "3")}) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "expected one set of originals, by --data or by --pairs, found none"),
        (["--codec", "identity"], "one set of originals"),
        (["--pairs", "a", "b", "--data", "c"], "found a, c"),
        (["--codec", "identity", "--data", "x", "--limit", "0"], "--limit 0"),
        (["--codec", "identity", "--data", "x", "--workers", "-1"], "--workers -1"),
        (
            ["--codec", "identity", "--data", "x", "--sample-rate", "99999999"],
            "--sample-rate 99999999: expected 1000 to",
        ),
        (["--codec", "identity", "--data", "x", "--tolerance-ms", "nan"], "--tolerance-ms nan: expected 0 or more"),
        (
            ["--codec", "identity", "--data", "x", "--protocol", "mine"],
            "--protocol mine: expected one of lfsc, nanocodec",
        ),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        main([*options, "--out", "out"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--codec", "identity", "--codec", "identity"], "two codecs are called 'identity'"),
        (["--codec", "identity", "--examples-by", "beauty"], "--examples-by beauty: expected one of si_sdr"),
        (["--codec", "identity", "--examples-by", "bitrate"], "--examples-by bitrate: expected one of si_sdr"),
        (["--codec", "identity", "--device", "cuda"], "no CUDA device"),
        (["--codec", "runs/none"], "runs/none"),
    ],
)
def test_errors_before_any_clip_is_evaluated(recordings, tmp_path, options, message, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(ValueError, match=message):
        main([*options, "--data", str(recordings), "--out", str(tmp_path / "out"), "--workers", "0"])
    assert not (tmp_path / "out").exists()


def test_an_old_report_is_replaced_only_if_that_is_asked_for(recordings, tmp_path):
    out = tmp_path / "report"
    arguments = ["--pairs", str(recordings), str(recordings), "--out", str(out), "--workers", "0", "--limit", "1"]
    out.mkdir()
    for name in ("report.html", "clips.csv", "summary.json"):
        (out / name).write_text("old")
        with pytest.raises(ValueError, match=f"{name} is there already; --overwrite writes over it"):
            main(arguments)
    assert {path.read_text() for path in out.iterdir()} == {"old"}
    assert main([*arguments, "--protocol", "codec-superb", "--overwrite"]) == 0
    assert len(summary(out)["codecs"]) == 1
