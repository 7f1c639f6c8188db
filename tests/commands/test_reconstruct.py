import torch

import lfsc
from lfsc.audio import files
from lfsc.cli import main


def test_speech_comes_back_as_long_as_it_came(recordings, codec_path, tmp_path):
    out = tmp_path / "again.ogg"
    assert main(["reconstruct", str(recordings / "a.wav"), str(out), "--codec", codec_path]) == 0
    info = files.probe(out)
    assert (info.format, info.sample_rate) == ("OGG", 22050)
    assert abs(info.num_samples - 11025) <= 64


def test_a_format_that_is_not_written_is_refused_before_anything_is_read(recordings, tmp_path, capsys):
    assert main(["reconstruct", str(recordings / "a.wav"), str(tmp_path / "again.m4a"), "--codec", "none"]) == 2
    assert capsys.readouterr().err == "lfsc reconstruct: audio can be written as wav, flac, ogg, not as 'm4a'\n"


def test_the_reconstruction_is_the_codecs(recordings, codec_path, tmp_path):
    main(["reconstruct", str(recordings / "a.wav"), str(tmp_path / "again.wav"), "--codec", codec_path])
    original = files.load(recordings / "a.wav", sample_rate=22050)
    expected = lfsc.load(codec_path)(original[None]).audio[0]
    heard = files.read(tmp_path / "again.wav").audio
    torch.testing.assert_close(heard, expected.detach(), rtol=0, atol=2e-5)


def test_a_codec_that_is_not_there_is_one_line(recordings, tmp_path, capsys):
    assert main(["reconstruct", str(recordings), str(tmp_path / "out"), "--codec", str(tmp_path / "none")]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"lfsc reconstruct: {tmp_path}/none: ") and said.count("\n") == 1


def test_a_result_that_is_there_is_not_taken_for_that_of_another_recording(recordings, codec_path, tmp_path, capsys):
    source, other = recordings / "a.wav", recordings / "deep" / "b.flac"
    out = tmp_path / "out.wav"
    assert main(["reconstruct", str(source), str(out), "--codec", str(codec_path)]) == 0
    before = out.read_bytes()
    assert main(["reconstruct", str(other), str(out), "--codec", str(codec_path)]) == 1
    assert f"{out} is there already: --overwrite makes it again" in capsys.readouterr().err
    assert out.read_bytes() == before
    # In a folder, what is there was made by the same command.
    for _ in range(2):
        assert main(["reconstruct", str(source), str(tmp_path / "folder") + "/", "--codec", str(codec_path)]) == 0
