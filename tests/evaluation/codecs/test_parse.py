import pytest

from lfsc.evaluation.codecs.base import LFSC, Identity
from lfsc.evaluation.codecs.parse import CodecSpec, open_codec, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("runs/small", CodecSpec("small", "lfsc", "runs/small", "")),
        ("nvidia/low-frame-rate-speech-codec-22khz", CodecSpec("low-frame-rate-speech-codec-22khz", "lfsc",
                                                             "nvidia/low-frame-rate-speech-codec-22khz", "")),
        ("ours=runs/a=b/x.ckpt", CodecSpec("ours", "lfsc", "runs/a=b/x.ckpt", "")),
        ("50% ü (lr 1e-4)=runs/b@best", CodecSpec("50% ü (lr 1e-4)", "lfsc", "runs/b@best", "")),
        ("runs/lr=1@best", CodecSpec("lr=1@best", "lfsc", "runs/lr=1@best", "")),
        ("identity", CodecSpec("identity", "identity", "", "")),
        ("opus:6", CodecSpec("opus:6", "opus", "6", "")),
        ("EnCodec 3k=encodec:meta/encodec_24khz@3", CodecSpec("EnCodec 3k", "encodec", "meta/encodec_24khz", "3")),
        ("mimi:kyutai/mimi", CodecSpec("mimi:kyutai mimi", "mimi", "kyutai/mimi", "")),
    ],
)  # fmt: skip
def test_requests_are_taken_apart(text, expected):
    assert parse(text) == expected


def test_a_path_with_an_equals_sign_is_a_path_where_it_exists(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lr=1").mkdir()
    assert parse("lr=1") == CodecSpec("lr=1", "lfsc", "lr=1", "")


def test_our_checkpoints_are_opened(tmp_path, write_checkpoint):
    path = write_checkpoint(tmp_path / "x.ckpt")
    codec = open_codec(parse(str(path)), device="cpu", sample_rate=22050)
    assert isinstance(codec, LFSC)
    assert codec.facts()["source"] == str(path)
    assert isinstance(open_codec(parse("identity"), device="cpu", sample_rate=22050), Identity)


@pytest.mark.parametrize("text", ["opus:six", "mimi:x@many"])
def test_numbers_that_are_none(text):
    with pytest.raises(ValueError, match="expected a number"):
        open_codec(parse(text), device="cpu", sample_rate=22050)
