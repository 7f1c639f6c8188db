"""`lfsc export`."""

import pytest

import lfsc
from lfsc.cli import main
from lfsc.tokens.fingerprint import fingerprint


@pytest.fixture
def checkpoint(tmp_path, write_checkpoint):
    return write_checkpoint(tmp_path / "trained.ckpt")


@pytest.mark.parametrize(
    ("out", "more"), [("bundle", []), ("plain", ["--remove-weight-norm"]), ("codec.nemo", ["--format", "nemo"])]
)
def test_what_is_written_is_the_same_codec_and_is_listed_with_its_size(
    out, more, checkpoint, tmp_path, make_codec, capsys
):
    assert main(["export", str(checkpoint), str(tmp_path / out), *more]) == 0
    printed = capsys.readouterr().out
    assert f"{tmp_path / out}" in printed and " MB" in printed
    assert fingerprint(lfsc.load(tmp_path / out)) == fingerprint(make_codec())


def test_licences_are_written_and_kept_by_the_next_export(checkpoint, tmp_path):
    licences = ["--weights-licence", "CC-BY-4.0", "--data-licence", "MLS, CC-BY-4.0."]
    assert main(["export", str(checkpoint), str(tmp_path / "a"), *licences]) == 0
    assert main(["export", str(tmp_path / "a"), str(tmp_path / "b"), "--remove-weight-norm"]) == 0
    card = (tmp_path / "b" / "README.md").read_text()
    assert "- Weights: CC-BY-4.0.\n" in card and "- Data that they were trained on: MLS, CC-BY-4.0.\n" in card


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (["--format", "onnx", "--remove-weight-norm"], "--remove-weight-norm has no effect with --format onnx"),
        (["--format", "torch", "--with-discriminators"], "--with-discriminators has no effect"),
        (["--format", "nemo", "--weights-licence", "x"], "only a bundle has a model card"),
        (["--with-discriminators", "--remove-weight-norm"], "weights need their weight norm"),
        (["--with-discriminators"], "this checkpoint has no discriminators"),
    ],
)
def test_options_that_contradict_are_refused_and_nothing_is_written(more, reason, checkpoint, tmp_path, capsys):
    assert main(["export", str(checkpoint), str(tmp_path / "out"), *more]) == 2
    message = capsys.readouterr().err
    assert reason in message and message.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_what_is_there_is_written_over_only_when_told(checkpoint, tmp_path, capsys):
    export = ["export", str(checkpoint), str(tmp_path / "out")]
    assert main(export) == 0
    assert main(export) == 2
    assert "is there already; --overwrite" in capsys.readouterr().err
    assert main([*export, "--overwrite"]) == 0


@pytest.mark.parametrize("format", ["nemo", "bundle"])
def test_a_place_that_is_none_is_told_without_the_source(format, capsys):
    assert main(["export", "pocket", "/dev/null/x.nemo", "--format", format]) == 2
    assert capsys.readouterr().err.startswith("lfsc export: /dev/null/x.nemo is no place for a file: ")


def test_a_source_that_is_none_is_one_line(tmp_path, capsys):
    assert main(["export", str(tmp_path), str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
