"""A codec as programs of torch.export, dynamic in batch and time."""

import warnings
from pathlib import Path

import torch
from torch import nn
from torch.export import Dim
from torch.fx.experimental import _config as config

from lfsc.export.graphs import (
    AudioToTokens,
    Graph,
    TokensToAudio,
    TokensToAudioStep,
    has_step,
    load_for_export,
    write_facts,
)
from lfsc.export.parity import Parity, parity
from lfsc.formats.source import Source
from lfsc.io import atomic

ENCODER, DECODER, STEP, FACTS = "encoder.pt2", "decoder.pt2", "decoder_step.pt2", "codec.json"


def write_programs(found: Source, out: Path) -> Parity:
    """Write encoder.pt2, decoder.pt2 and codec.json into `out`; how far they agree with the codec once loaded again.

    Of a causal decoder also decoder_step.pt2, which gives the audio of each frame as its tokens come.
    """
    codec = load_for_export(found)
    out.mkdir(parents=True, exist_ok=True)
    write_program(AudioToTokens(codec), out / ENCODER, dynamic=({0: Dim.DYNAMIC, 1: Dim.DYNAMIC},))
    tokens, state = {0: Dim.DYNAMIC, 2: Dim.DYNAMIC}, {0: Dim.DYNAMIC}
    write_program(TokensToAudio(codec), out / DECODER, dynamic=(tokens,))
    write_facts(out / FACTS, codec)
    programs = loaded(out / ENCODER), loaded(out / DECODER)
    if not has_step(codec):
        return parity(codec, *programs)
    step = TokensToAudioStep(codec)
    write_program(step, out / STEP, dynamic=(tokens, state))
    return parity(codec, *programs, step=loaded(out / STEP), state_size=step.state_size)


def loaded(path: Path) -> nn.Module:
    with warnings.catch_warnings():
        # torch maps the file and warns that nobody may write into it.
        warnings.filterwarnings("ignore", message="The given buffer is not writable")
        return torch.export.load(path).module()


def write_program(graph: Graph, path: Path, *, dynamic: tuple[dict, ...]) -> None:
    # Without it the program refuses a single frame, a size that could be broadcast; torch's ONNX exporter sets it too.
    with config.patch(backed_size_oblivious=True):  # type: ignore[attr-defined]  # torch adds it
        program = torch.export.export(graph.eval(), graph.example(), dynamic_shapes=dynamic)
    with atomic.replacing(path) as temporary, atomic.naming(path, RuntimeError):
        torch.export.save(program, temporary)
