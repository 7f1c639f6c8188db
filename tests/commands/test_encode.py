import os

import pytest
import torch

import lfsc
from lfsc.audio import files
from lfsc.cli import main
from lfsc.tokens import file as token_file
from lfsc.tokens.fingerprint import fingerprint


def test_a_tree_becomes_token_files(recordings, codec_path, tmp_path, capsys):
    assert main(["encode", str(recordings), str(tmp_path / "out"), "--codec", codec_path]) == 0
    codec = lfsc.load(codec_path)
    for name in ("a.wav", "deep/b.flac", "deep/c.ogg"):
        found = token_file.read((tmp_path / "out" / name).with_suffix(".lfsc"))
        audio = files.load(recordings / name, sample_rate=22050)
        assert torch.equal(found.tokens, codec.encode(audio[None]).tokens[0])
        assert (found.num_samples, found.fingerprint) == (len(audio), fingerprint(codec))
    said = capsys.readouterr().err
    assert "resampled 1 file from 44100 to 22050 Hz\n" in said
    assert "resampled 1 file from 16000 to 22050 Hz; there is nothing above 8 kHz in it\n" in said
    assert "warning:" not in said


def test_what_is_done_is_skipped_unless_it_is_another_codecs(
    recordings, codec_path, write_checkpoint, tmp_path, capsys
):
    arguments = ["encode", str(recordings), str(tmp_path / "out"), "--codec"]
    main([*arguments, codec_path])
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.lfsc")}
    assert main([*arguments, codec_path]) == 0
    assert "0 of 3 files" in capsys.readouterr().err
    other = str(write_checkpoint(tmp_path / "other.ckpt", seed=1))
    assert main([*arguments, other]) == 1
    assert "see --overwrite" in capsys.readouterr().err
    assert before == {path: path.stat().st_mtime_ns for path in before}
    assert main([*arguments, other, "--overwrite"]) == 0
    assert {token_file.read(path).fingerprint for path in before} == {fingerprint(lfsc.load(other))}


def test_a_recording_that_does_not_decode_fails_alone(recordings, codec_path, tmp_path, capsys):
    (recordings / "broken.wav").write_bytes(b"RIFF" + bytes(100))
    assert main(["encode", str(recordings), str(tmp_path / "out"), "--codec", codec_path]) == 1
    said = capsys.readouterr().err
    assert "3 of 4 files" in said and "1 failed" in said
    assert said.splitlines()[-1].startswith(f"lfsc encode: {recordings}/broken.wav: ")
    assert not (tmp_path / "out" / "broken.lfsc").exists()


def test_from_stdin_to_stdout(recordings, codec_path, standard_streams):
    out = standard_streams((recordings / "a.wav").read_bytes())
    assert main(["encode", "-", "-", "--codec", codec_path]) == 0
    found = token_file.unpack(out.getvalue())
    audio = files.load(recordings / "a.wav", sample_rate=22050)
    assert torch.equal(found.tokens, lfsc.load(codec_path).encode(audio[None]).tokens[0])


@pytest.mark.parametrize("level", ["nan", "inf"])
def test_a_level_that_is_none_is_told(tmp_path, capsys, level):
    assert main(["encode", str(tmp_path), str(tmp_path / "out"), "--level", level]) == 2
    assert f"--level {level}: expected a number of dB" in capsys.readouterr().err


def test_a_level_is_reached_and_recorded(recordings, codec_path, tmp_path):
    source = str(recordings / "a.wav")
    out = tmp_path / "a.lfsc"
    assert main(["encode", source, str(out), "--codec", codec_path, "--level", "-30"]) == 0
    found = token_file.read(out)
    assert found.gain_db == pytest.approx(-10, abs=0.2)
    quieter = files.load(source, sample_rate=22050) * 10 ** (found.gain_db / 20)
    assert torch.equal(found.tokens, lfsc.load(codec_path).encode(quieter[None]).tokens[0])


def test_bf16_runs_and_keeps_the_fingerprint(recordings, codec_path, tmp_path):
    out = tmp_path / "a.lfsc"
    arguments = ["encode", str(recordings / "a.wav"), str(out), "--codec", codec_path, "--precision", "bf16"]
    assert main(arguments) == 0
    assert token_file.read(out).fingerprint == fingerprint(lfsc.load(codec_path))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--device", "cuda:77"], "--device cuda:77: this machine has"),
        (["--device", "gpu"], "expected auto, cpu, cuda"),
        (["--precision", "tf32", "--device", "cpu"], "tf32 is for CUDA devices"),
        (["--chunk-seconds", "-1"], "--chunk-seconds -1.0: expected more than 0"),
    ],
)
def test_wrong_options_are_told(recordings, codec_path, tmp_path, capsys, wrong, message):
    assert main(["encode", str(recordings), str(tmp_path / "out"), "--codec", codec_path, *wrong]) > 0
    assert message in capsys.readouterr().err
    assert not list((tmp_path / "out").rglob("*.lfsc")) if os.path.isdir(tmp_path / "out") else True
