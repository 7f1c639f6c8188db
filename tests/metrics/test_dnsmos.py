"""DNSMOS over two tiny graphs in the place of Microsoft's."""

import numpy
import pytest
import torch

from lfsc.metrics.dnsmos import DNSMOS, SCORES
from lfsc.metrics.metric import Pair


@pytest.fixture(scope="module")
def graphs(tmp_path_factory):
    """As torchmetrics has them: P.835's scores are 1, 2, 3 times the mean square, P.808's the mean of the mel."""
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper

    def save(name, nodes, shape, width, constants):
        inputs = [helper.make_tensor_value_info("input_1", TensorProto.FLOAT, shape)]
        outputs = [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["B", width])]
        graph = helper.make_graph(nodes, name, inputs, outputs, constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        onnx.save(model, folder / "DNSMOS" / name)

    folder = tmp_path_factory.mktemp("weights")
    (folder / "DNSMOS").mkdir()
    weights = onnx.numpy_helper.from_array(numpy.array([[1.0, 2.0, 3.0]], dtype=numpy.float32), "w")
    power = [
        helper.make_node("Mul", ["input_1", "input_1"], ["squares"]),
        helper.make_node("ReduceMean", ["squares"], ["power"], axes=[1], keepdims=1),
        helper.make_node("MatMul", ["power", "w"], ["scores"]),
    ]
    save("sig_bak_ovr.onnx", power, ["B", "T"], 3, [weights])
    mean = [
        helper.make_node("ReduceMean", ["input_1"], ["mean"], axes=[1, 2], keepdims=1),
        helper.make_node("Squeeze", ["mean", "last"], ["scores"]),
    ]
    last = onnx.numpy_helper.from_array(numpy.array([2]), "last")
    save("model_v8.onnx", mean, ["B", "F", 120], 1, [last])
    return folder


@pytest.mark.slow
def test_scores_are_those_of_the_graphs_in_the_folder(graphs, speech):
    pytest.importorskip("librosa", reason="librosa is not installed: pip install 'lfsc[dnsmos]'")
    pytest.importorskip("onnxruntime")
    pair = Pair(fake=speech.fake, real=speech.real, sample_rate=16000)
    for folder in (graphs, graphs / "DNSMOS"):
        dnsmos = DNSMOS(folder)
        found = {name: dnsmos.measure(pair, name).value for name in SCORES}
        # Repeated up to 9.01 s, with Microsoft's polynomials for P.835.
        whole = speech.fake.repeat(4)[: int(9.01 * 16000)].double()
        power = float(whole.square().mean())
        assert found["dnsmos_sig"] == pytest.approx(
            numpy.polyval([-0.08397278, 1.22083953, 0.0052439], power), abs=1e-5
        )
        assert found["dnsmos_bak"] == pytest.approx(
            numpy.polyval([-0.13166888, 1.60915514, -0.39604546], 2 * power), abs=1e-5
        )
        assert found["dnsmos"] == pytest.approx(
            numpy.polyval([-0.06766283, 1.11546468, 0.04602535], 3 * power), abs=1e-5
        )
        assert -1 <= found["dnsmos_p808"] <= 1
    quiet = Pair(fake=torch.zeros(16000), real=speech.real[:16000], sample_rate=16000)
    assert dnsmos.measure(quiet, "dnsmos_sig").value == pytest.approx(0.0052439, abs=1e-6)


def test_a_folder_without_the_graphs_is_told_and_nothing_is_fetched(tmp_path):
    with pytest.raises(ValueError, match=r"does not hold DNSMOS/model_v8\.onnx and DNSMOS/sig_bak_ovr\.onnx"):
        DNSMOS(tmp_path)


def test_without_librosa_it_says_how_to_get_it(graphs, monkeypatch):
    from torchmetrics.functional.audio import dnsmos

    monkeypatch.setattr(dnsmos, "librosa", None)
    with pytest.raises(ValueError, match=r"pip install 'lfsc\[dnsmos\]'"):
        DNSMOS(graphs)
