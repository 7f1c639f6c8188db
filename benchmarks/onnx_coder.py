"""onnxruntime in a comparison, on the graphs of an export: `onnx_coder.py FOLDER THREADS SPINNING`. Needs no lfsc."""

import sys
from pathlib import Path

import onnxruntime
import torch
from contestant import Work, serve
from torch import Tensor


def open_graph(path: Path, threads: int, spinning: str) -> Work:
    """The graph as a function of its one tensor. SPINNING is 1 if idle threads wait busily for work, else 0."""
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    settings.add_session_config_entry("session.intra_op.allow_spinning", spinning)
    session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()

    def run(content: Tensor) -> Tensor:
        (result,) = session.run(None, {given.name: content.numpy()})
        return torch.from_numpy(result)

    return run


folder, threads, spinning = sys.argv[1:]
serve(*(open_graph(Path(folder) / f"{half}.onnx", int(threads), spinning) for half in ("encoder", "decoder")))
