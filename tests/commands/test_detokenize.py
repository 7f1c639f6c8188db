import torch

import lfsc
from lfsc.audio import files
from lfsc.cli import main
from lfsc.shards.tar import Sample, read, write


def test_tokens_become_shards_of_speech(codec_path, tmp_path):
    samples = []
    for number in range(3):
        audio = torch.randn(500 + 300 * number, generator=torch.Generator().manual_seed(number)) * 0.1
        flac = files.encode(audio, sample_rate=22050, format="flac")
        samples.append(Sample(f"clip{number}", {"flac": flac, "json": b'{"text": "hi"}'}))
    write(tmp_path / "speech" / "a.tar", samples)
    arguments = ["--codec", codec_path, "--workers", "1"]
    assert main(["tokenize", str(tmp_path / "speech"), str(tmp_path / "tokens"), *arguments]) == 0
    assert main(["detokenize", str(tmp_path / "tokens"), str(tmp_path / "heard"), *arguments]) == 0
    codec = lfsc.load(codec_path)
    for source, made in zip(samples, read(tmp_path / "heard" / "a.tar"), strict=True):
        original = files.load(source.parts["flac"], sample_rate=22050)
        heard = files.load(made.parts["flac"], sample_rate=22050)
        expected = codec.decode(codec.encode(original[None]).tokens).audio[0, : len(original)]
        torch.testing.assert_close(heard, expected, rtol=0, atol=2e-5)
        assert (made.key, made.note()["text"]) == (source.key, "hi")


def test_another_codec_is_refused(codec_path, write_checkpoint, tmp_path, capsys):
    flac = files.encode(torch.zeros(400), sample_rate=22050, format="flac")
    write(tmp_path / "speech.tar", [Sample("a", {"flac": flac})])
    main(["tokenize", str(tmp_path / "speech.tar"), str(tmp_path / "tokens"), "--codec", codec_path])
    other = str(write_checkpoint(tmp_path / "other.ckpt", seed=1))
    assert main(["detokenize", str(tmp_path / "tokens"), str(tmp_path / "heard"), "--codec", other]) == 2
    assert f"{tmp_path / 'tokens'} holds tokens of codec" in capsys.readouterr().err
    assert not (tmp_path / "heard").exists()
    # A shard without its folder: its clips know.
    shard = str((tmp_path / "tokens" / "speech.tar").rename(tmp_path / "alone.tar"))
    assert main(["detokenize", shard, str(tmp_path / "heard"), "--codec", other]) == 1
    assert "a holds tokens of codec" in capsys.readouterr().err
