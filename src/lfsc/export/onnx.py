"""A codec as two ONNX graphs, dynamic in batch and time."""

import logging
import warnings
from pathlib import Path

import onnxruntime
import torch
from torch import Tensor

from lfsc.export.graphs import AudioToTokens, TokensToAudio, load_for_export, write_facts
from lfsc.export.parity import Parity, parity
from lfsc.formats.source import Source
from lfsc.io import atomic

ENCODER, DECODER, FACTS = "encoder.onnx", "decoder.onnx", "codec.json"


def write_onnx(found: Source, out: Path) -> Parity:
    """Write encoder.onnx, decoder.onnx and codec.json into `out`; how far onnxruntime agrees with the codec."""
    codec = load_for_export(found)
    out.mkdir(parents=True, exist_ok=True)
    write_graph(AudioToTokens(codec), out / ENCODER, given="audio", gives="tokens", dynamic={0: "batch", 1: "samples"})
    write_graph(TokensToAudio(codec), out / DECODER, given="tokens", gives="audio", dynamic={0: "batch", 2: "frames"})
    write_facts(out / FACTS, codec)
    return parity(codec, session(out / ENCODER, "audio"), session(out / DECODER, "tokens"))


def write_graph(
    graph: AudioToTokens | TokensToAudio, path: Path, *, given: str, gives: str, dynamic: dict[int, str]
) -> None:
    # The exporter tells of every operator library that is not installed.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            graph.eval(),
            (graph.example(),),
            dynamo=True,
            verbose=False,
            dynamic_shapes=(dynamic,),
            input_names=[given],
            output_names=[gives],
        )
    assert program is not None  # with dynamo
    with atomic.replacing(path) as temporary:
        program.save(temporary, external_data=False)


def session(path: Path, name: str):
    """The graph as a function of one tensor, run by onnxruntime."""
    running = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def run(tensor: Tensor) -> Tensor:
        return torch.from_numpy(running.run(None, {name: tensor.numpy()})[0])

    return run
