import pytest
import torch

from lfsc.audio import files
from lfsc.evaluation.codecs.base import LFSC, Identity, ReconstructionFolder


def test_our_codec_gives_what_it_encodes_and_decodes_and_the_bits_of_its_tokens(make_codec, voice):
    model = make_codec()
    audio = voice(0.5, rate=22050)[:-3]
    codec = LFSC(model, source="x", device="cpu")
    coded = codec.reconstruct("a", audio, sample_rate=22050)
    encoded = model.encode(audio[None])
    assert torch.equal(coded.tokens, encoded.tokens[0])
    assert torch.equal(coded.audio, model.decode(encoded.tokens).audio[0, : len(audio)])
    assert coded.bits == coded.tokens.numel() * 11
    assert codec.facts()["bitrate"] == round(model.bitrate, 1)


@pytest.mark.parametrize("rate", [16000, 24000, 44100])
def test_a_codec_at_another_rate_gives_back_as_many_samples(voice, rate):
    audio = voice(1, rate=22050)[:-7]
    back = Identity(rate).reconstruct("a", audio, sample_rate=22050).audio
    assert abs(len(back) - len(audio)) <= 1
    if rate > 22050:
        assert (back - audio[: len(back)]).abs().max() < 0.01


def test_files_are_found_by_name_whatever_their_suffix(tmp_path, voice):
    files.write(tmp_path / "de" / "a.b.flac", voice(0.1, rate=22050), sample_rate=22050)
    codec = ReconstructionFolder(tmp_path)
    assert len(codec.reconstruct("de/a.b.wav", torch.zeros(1), sample_rate=22050).audio) == 2205
    with pytest.raises(ValueError, match=r"0 reconstructions named de/x\.\*"):
        codec.reconstruct("de/x.wav", torch.zeros(1), sample_rate=22050)
    with pytest.raises(ValueError, match="no such folder"):
        ReconstructionFolder(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="found no recordings"):
        ReconstructionFolder(tmp_path / "empty")


def test_recordings_without_an_original_are_known(tmp_path, voice):
    for name in ("a.wav", "b/a.flac", "c.d.wav"):
        files.write(tmp_path / name, voice(0.1, rate=22050), sample_rate=22050)
    codec = ReconstructionFolder(tmp_path)
    assert codec.unpaired({"a.flac", "b/a.wav"}) == ["c.d.wav"]
    # A shard's keys have no suffix, but may hold dots.
    assert codec.unpaired({"a", "b/a", "c.d"}) == []
    assert codec.reconstruct("c.d", torch.zeros(1), sample_rate=22050).audio.any()
    assert Identity(22050).unpaired({"a"}) == []
