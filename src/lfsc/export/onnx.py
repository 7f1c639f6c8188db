"""A codec as ONNX graphs, dynamic in batch and time."""

import logging
import warnings
from pathlib import Path

import onnxruntime
import torch
from torch import Tensor

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

ENCODER, DECODER, STEP, FACTS = "encoder.onnx", "decoder.onnx", "decoder_step.onnx", "codec.json"


def write_onnx(found: Source, out: Path) -> Parity:
    """Write encoder.onnx, decoder.onnx and codec.json into `out`; how far onnxruntime agrees with the codec.

    Of a causal decoder also decoder_step.onnx, which gives the audio of each frame as its tokens come.
    """
    codec = load_for_export(found)
    out.mkdir(parents=True, exist_ok=True)
    audio, tokens, state = {"audio": {0: "batch", 1: "samples"}}, {"tokens": {0: "batch", 2: "frames"}}, {0: "batch"}
    write_graph(AudioToTokens(codec), out / ENCODER, given=audio, gives=["tokens"])
    write_graph(TokensToAudio(codec), out / DECODER, given=tokens, gives=["audio"])
    write_facts(out / FACTS, codec)
    graphs = session(out / ENCODER), session(out / DECODER)
    if not has_step(codec):
        return parity(codec, *graphs)
    step = TokensToAudioStep(codec)
    write_graph(step, out / STEP, given=tokens | {"state": state}, gives=["audio", "next_state"])
    return parity(codec, *graphs, step=session(out / STEP), state_size=step.state_size)


def write_graph(graph: Graph, path: Path, *, given: dict[str, dict[int, str]], gives: list[str]) -> None:
    """Write a graph whose inputs have names and dynamic dimensions, and whose outputs have names."""
    # The exporter tells of every operator library that is not installed.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            graph.eval(),
            graph.example(),
            dynamo=True,
            verbose=False,
            dynamic_shapes=tuple(given.values()),
            input_names=list(given),
            output_names=gives,
        )
    assert program is not None  # with dynamo
    with atomic.replacing(path) as temporary:
        program.save(temporary, external_data=False)


def session(path: Path):
    """The graph as a function of its tensors, run by onnxruntime."""
    running = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [each.name for each in running.get_inputs()]

    def run(*tensors: Tensor):
        given = {name: tensor.numpy() for name, tensor in zip(names, tensors, strict=True)}
        results = [torch.from_numpy(result) for result in running.run(None, given)]
        return results[0] if len(results) == 1 else results

    return run
