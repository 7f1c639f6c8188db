"""A codec as programs of torch.export, dynamic in batch and time."""

import io
import warnings
from pathlib import Path

import torch
from torch import nn
from torch.export import Dim
from torch.fx.experimental import _config as config

from lfsc.export.graphs import Graph
from lfsc.export.halves import write_halves
from lfsc.export.parity import Parity
from lfsc.formats.source import Source
from lfsc.io import atomic
from lfsc.io.messages import first_line

OWN_CLASSES = (
    "a class of your own must take them from x.shape, not by len(x), decide nothing by values, and treat a single "
    "frame as any number of them; or export a bundle"
)


def write_programs(found: Source, out: Path) -> Parity:
    """Write encoder.pt2, decoder.pt2 and codec.json into `out`; how far they agree with the codec once loaded again.

    Of a causal decoder also decoder_step.pt2, which gives the audio of each frame as its tokens come.
    """
    try:
        return write_halves(found, out, ".pt2", write=write_program, load=load_program)
    except AssertionError as error:
        # A program refuses the sizes that it was not made for, a single frame above all.
        raise ValueError(f"{out}: not for all sizes ({first_line(error)}): {OWN_CLASSES}") from error


def write_program(graph: Graph, path: Path) -> None:
    dynamic = tuple(dict.fromkeys(dimensions, Dim.DYNAMIC) for dimensions in graph.inputs.values())
    # Without it the program refuses a single frame, a size that could be broadcast; torch's ONNX exporter sets it too.
    try:
        with config.patch(backed_size_oblivious=True):  # type: ignore[attr-defined]  # torch adds it
            program = torch.export.export(graph.eval(), graph.example(), dynamic_shapes=dynamic)
    except torch._dynamo.exc.TorchDynamoException as error:
        raise ValueError(
            f"{path.name}: torch.export cannot follow this part for all sizes ({first_line(error)}): {OWN_CLASSES}"
        ) from error
    # Into memory first: where the disk is full, torch's own writer of files ends the process.
    content = io.BytesIO()
    torch.export.save(program, content)
    atomic.write_bytes(path, content.getbuffer())


def load_program(path: Path) -> nn.Module:
    with warnings.catch_warnings():
        # torch maps the file and warns that nobody may write into it.
        warnings.filterwarnings("ignore", message="The given buffer is not writable")
        return torch.export.load(path).module()
