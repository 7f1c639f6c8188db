"""ONNX graphs, run by onnxruntime alone."""

import subprocess
import sys

import numpy
import pytest
import torch

from lfsc.formats.resolve import resolve

pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")

RUN = """
import sys, json, numpy, onnxruntime
folder = sys.argv[1]
encode = onnxruntime.InferenceSession(folder + "/encoder.onnx")
decode = onnxruntime.InferenceSession(folder + "/decoder.onnx")
with numpy.load(folder + "/in.npz") as given:
    out = {}
    for name in given.files:
        (out["tokens" + name],) = encode.run(None, {"audio": given[name]})
        (out["audio" + name],) = decode.run(None, {"tokens": out["tokens" + name]})
numpy.savez(folder + "/out.npz", **out)
assert not {"torch", "lfsc"} & set(sys.modules)
"""


@pytest.mark.slow
def test_onnxruntime_alone_gives_the_same_on_lengths_not_seen_at_export(checkpoint, codec, tmp_path):
    from lfsc.export.onnx import write_onnx

    with resolve(checkpoint) as found:
        parity = write_onnx(found, tmp_path / "onnx")
    assert parity.holds
    assert (tmp_path / "onnx" / "decoder_step.onnx").is_file() == (codec.lookahead.decode == 0)
    clips = {
        f"{batch}_{samples}": 1.8 * torch.rand(batch, samples) - 0.9
        for batch, samples in [(1, 1), (3, 9), (2, 777), (1, 4000)]
    }
    numpy.savez(tmp_path / "onnx" / "in.npz", **{name: clip.numpy() for name, clip in clips.items()})
    subprocess.run([sys.executable, "-c", RUN, str(tmp_path / "onnx")], check=True)
    with numpy.load(tmp_path / "onnx" / "out.npz") as out:
        for name, clip in clips.items():
            tokens = codec.encode(clip).tokens
            assert numpy.array_equal(out["tokens" + name], tokens.numpy()), name
            assert numpy.abs(out["audio" + name] - codec.decode(tokens).audio.numpy()).max() < 1e-4, name
