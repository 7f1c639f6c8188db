"""A codec as ONNX graphs, dynamic in batch and time."""

import logging
import warnings
from pathlib import Path

import onnxruntime
import torch
from torch import Tensor

from lfsc.export.graphs import Graph
from lfsc.export.halves import write_halves
from lfsc.export.parity import Parity
from lfsc.formats.source import Source
from lfsc.io import atomic


def write_onnx(found: Source, out: Path) -> Parity:
    """Write encoder.onnx, decoder.onnx and codec.json into `out`; how far onnxruntime agrees with the codec.

    Of a causal decoder also decoder_step.onnx, which gives the audio of each frame as its tokens come.
    """
    return write_halves(found, out, ".onnx", write=write_graph, load=open_session)


def write_graph(graph: Graph, path: Path) -> None:
    # The exporter tells of every operator library that is not installed.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            graph.eval(),
            graph.example(),
            dynamo=True,
            verbose=False,
            dynamic_shapes=tuple(graph.inputs.values()),
            input_names=list(graph.inputs),
            output_names=graph.outputs,
        )
    assert program is not None  # with dynamo
    with atomic.replacing(path) as temporary:
        program.save(temporary, external_data=False)


def open_session(path: Path):
    """The graph as a function of its tensors, run by onnxruntime."""
    running = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [each.name for each in running.get_inputs()]

    def run(*tensors: Tensor):
        given = {name: tensor.numpy() for name, tensor in zip(names, tensors, strict=True)}
        results = [torch.from_numpy(result) for result in running.run(None, given)]
        return results[0] if len(results) == 1 else results

    return run
