"""Programs of torch.export, loaded again."""

import pytest
import torch

from lfsc.formats.resolve import resolve


@pytest.mark.slow
def test_loaded_programs_give_the_same_on_lengths_not_seen_at_export(checkpoint, codec, tmp_path):
    from lfsc.export.torch_export import write_programs

    with resolve(checkpoint) as found:
        parity = write_programs(found, tmp_path)
    assert parity.holds
    assert (tmp_path / "decoder_step.pt2").is_file() == (codec.lookahead.decode == 0)
    encode, decode = (torch.export.load(tmp_path / name).module() for name in ("encoder.pt2", "decoder.pt2"))
    for batch, samples in [(1, 1), (3, 9), (2, 777), (1, 4000)]:
        clip = 1.8 * torch.rand(batch, samples) - 0.9
        tokens = codec.encode(clip).tokens
        assert torch.equal(encode(clip), tokens)
        torch.testing.assert_close(decode(tokens), codec.decode(tokens).audio, atol=1e-5, rtol=0)


@pytest.mark.slow
def test_a_full_disk_is_told_and_leaves_no_program(checkpoint, tmp_path, small_disk):
    """torch's own writer of files ends the process there."""
    from lfsc.export.graphs import TokensToAudio, load_for_export
    from lfsc.export.torch_export import write_program

    with resolve(checkpoint) as found:
        graph = TokensToAudio(load_for_export(found))
    with small_disk(), pytest.raises(OSError, match=r"could not be written, File too large: '.*/decoder\.pt2'"):
        write_program(graph, tmp_path / "decoder.pt2")
    assert list(tmp_path.glob("*decoder*")) == []


def test_a_part_that_cannot_be_followed_is_told_in_one_line(tmp_path):
    from lfsc.export.graphs import AudioToTokens
    from lfsc.export.torch_export import write_program

    class OneSize(torch.nn.Module):
        inputs = AudioToTokens.inputs

        def forward(self, audio: torch.Tensor) -> torch.Tensor:
            return audio.view(len(audio), -1, 1)

        def example(self) -> tuple[torch.Tensor, ...]:
            return (torch.zeros(2, 8),)

    with pytest.raises(ValueError, match=r"^encoder\.pt2: torch\.export cannot follow .* from x\.shape") as error:
        write_program(OneSize(), tmp_path / "encoder.pt2")
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_a_program_that_refuses_a_size_is_told_in_one_line(tmp_path, monkeypatch):
    from lfsc.export import torch_export

    def refuse(*arguments, **options):
        raise AssertionError("Guard failed: tokens.size()[2] != 1")

    monkeypatch.setattr(torch_export, "write_halves", refuse)
    with pytest.raises(ValueError, match=r"out: not for all sizes \(Guard failed: .* from x\.shape"):
        torch_export.write_programs(None, tmp_path / "out")
