"""Both halves as modules of tensors."""

import json

import pytest
import torch

from lfsc.export.graphs import AudioToTokens, TokensToAudio, TokensToAudioStep, has_step, load_for_export, write_facts
from lfsc.export.halves import write_halves
from lfsc.formats.resolve import resolve
from lfsc.tokens.fingerprint import fingerprint


@pytest.mark.parametrize("rates", [(2, 4), (3, 5)])
@pytest.mark.parametrize("samples", [1, 7, 8, 31, 200, 1003])
def test_they_are_what_the_codec_computes_at_any_length(rates, samples, make_codec):
    codec = make_codec(rates=rates)
    audio = 1.8 * torch.rand(2, samples) - 0.9
    tokens = codec.encode(audio).tokens
    assert torch.equal(AudioToTokens(codec)(audio), tokens)
    torch.testing.assert_close(TokensToAudio(codec)(tokens), codec.decode(tokens).audio, atol=1e-6, rtol=0)


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_a_step_gives_the_whole_piece_by_piece(frames, make_codec):
    codec = make_codec(rates=(3, 5), causal=True, activation="half_snake").requires_grad_(False)
    step = TokensToAudioStep(codec)
    tokens = torch.randint(codec.codebook_size, (2, codec.num_codebooks, 20))
    state, heard = torch.zeros(2, step.state_size), []
    for piece in tokens.split(frames, dim=-1):
        audio, state = step(piece, state)
        heard.append(audio)
        assert state.shape == (2, step.state_size)
    torch.testing.assert_close(torch.cat(heard, dim=-1), codec.decode(tokens).audio, atol=1e-6, rtol=0)


def test_facts_tell_what_a_caller_needs(checkpoint, codec, tmp_path):
    with resolve(checkpoint) as found:
        codec = load_for_export(found)
    write_facts(tmp_path / "codec.json", codec)
    facts = json.loads((tmp_path / "codec.json").read_text())
    assert facts["fingerprint"] == fingerprint(codec)
    assert ("state_size" in facts) == (codec.lookahead.decode == 0)
    assert (facts["hop_length"], facts["num_codebooks"], facts["codebook_size"]) == (4, 2, 2016)


def test_graphs_that_are_written_over_leave_no_step_of_another_codec(checkpoint, codec, tmp_path):
    def load(path):
        return lambda tensor, *state: (tensor, *state) if state else tensor

    (tmp_path / "decoder_step.pt2").touch()
    with resolve(checkpoint) as found:
        write_halves(found, tmp_path, ".pt2", write=lambda _, path: path.touch(), load=load)
    assert (tmp_path / "decoder_step.pt2").exists() == has_step(codec)
