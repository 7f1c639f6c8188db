import io

import pytest
import torch

import lfsc
from lfsc.audio import files
from lfsc.cli import main
from lfsc.tokens import file as token_file


@pytest.fixture
def encoded(recordings, codec_path, tmp_path, capsys):
    main(["encode", str(recordings), str(tmp_path / "tokens"), "--codec", codec_path])
    capsys.readouterr()
    return tmp_path / "tokens"


def test_token_files_become_speech_as_long_as_it_was(recordings, encoded, codec_path, tmp_path):
    arguments = ["decode", str(encoded), str(tmp_path / "out"), "--codec", codec_path, "--format", "flac"]
    assert main(arguments) == 0
    codec = lfsc.load(codec_path)
    for name in ("a.wav", "deep/b.flac", "deep/c.ogg"):
        heard, rate = files.read((tmp_path / "out" / name).with_suffix(".flac"))
        original = files.load(recordings / name, sample_rate=22050)
        assert (rate, len(heard)) == (22050, len(original))
        expected = codec.decode(codec.encode(original[None]).tokens).audio[0, : len(original)]
        torch.testing.assert_close(heard, expected, rtol=0, atol=2e-5)


def test_reconstruct_is_encode_and_decode(recordings, encoded, codec_path, tmp_path):
    assert main(["decode", str(encoded), str(tmp_path / "out"), "--codec", codec_path]) == 0
    assert main(["reconstruct", str(recordings), str(tmp_path / "again"), "--codec", codec_path]) == 0
    for path in (tmp_path / "out").rglob("*.wav"):
        assert path.read_bytes() == (tmp_path / "again" / path.relative_to(tmp_path / "out")).read_bytes()


def test_from_stdin_to_stdout(encoded, codec_path, standard_streams, tmp_path):
    out = standard_streams((encoded / "a.lfsc").read_bytes())
    assert main(["decode", "-", "-", "--codec", codec_path]) == 0
    assert files.probe(io.BytesIO(out.getvalue())).format == "WAV"
    main(["decode", str(encoded / "a.lfsc"), str(tmp_path / "a.wav"), "--codec", codec_path])
    assert (tmp_path / "a.wav").read_bytes() == out.getvalue()


def test_a_fine_tuned_decoder_reads_the_tokens_and_another_encoder_does_not(
    encoded, codec_path, write_checkpoint, tmp_path, capsys
):
    checkpoint = torch.load(codec_path, weights_only=True)
    checkpoint["state_dict"]["codec.decoder.conv_out.bias"] += 0.1
    torch.save(checkpoint, tmp_path / "tuned.ckpt")
    source = str(encoded / "a.lfsc")
    assert main(["decode", source, str(tmp_path / "tuned.wav"), "--codec", str(tmp_path / "tuned.ckpt")]) == 0
    other = str(write_checkpoint(tmp_path / "other.ckpt", seed=1))
    assert main(["decode", source, str(tmp_path / "other.wav"), "--codec", other]) == 1
    assert "holds tokens of codec" in capsys.readouterr().err
    assert not (tmp_path / "other.wav").exists()


def test_damaged_files_are_listed_and_the_others_decoded(encoded, codec_path, tmp_path, capsys):
    content = bytearray((encoded / "a.lfsc").read_bytes())
    content[60] ^= 1
    (encoded / "flipped.lfsc").write_bytes(content)
    (encoded / "short.lfsc").write_bytes(content[:-9])
    assert main(["decode", str(encoded), str(tmp_path / "out"), "--codec", codec_path]) == 1
    said = capsys.readouterr().err
    assert "flipped.lfsc is damaged: its checksum" in said
    assert "short.lfsc is truncated or damaged" in said
    assert len(list((tmp_path / "out").rglob("*.wav"))) == 3


def test_the_original_level_comes_back(recordings, codec_path, tmp_path):
    main(["encode", str(recordings / "a.wav"), str(tmp_path / "a.lfsc"), "--codec", codec_path, "--level", "-30"])
    gain = token_file.read(tmp_path / "a.lfsc").gain_db
    for name, options in (("as", []), ("back", ["--original-level"])):
        main(["decode", str(tmp_path / "a.lfsc"), str(tmp_path / f"{name}.wav"), "--codec", codec_path, *options])
    as_stored = files.read(tmp_path / "as.wav").audio
    back = files.read(tmp_path / "back.wav").audio
    torch.testing.assert_close(back, as_stored * 10 ** (-gain / 20), rtol=0, atol=1e-3)


def test_a_name_that_is_no_audio_format_is_told(encoded, codec_path, tmp_path, capsys):
    assert main(["decode", str(encoded / "a.lfsc"), str(tmp_path / "a.xyz"), "--codec", codec_path]) == 2
    assert "wav, flac, ogg, not as 'xyz'" in capsys.readouterr().err
