import pytest

from lfsc.evaluation.model_metrics import MODELS
from lfsc.evaluation.protocols import PROTOCOLS, is_wanted
from lfsc.evaluation.signal_metrics import OPTIONAL, signal_metrics


@pytest.mark.parametrize("name", PROTOCOLS)
def test_protocols_name_metrics_that_there_are(name):
    there = {metric.name for metric in signal_metrics(22050)} | set(OPTIONAL)
    there |= {metric for metrics in MODELS.values() for metric in metrics}
    assert set(PROTOCOLS[name]) <= there
    # Which chooses the examples of a report.
    assert "mel_distance" in PROTOCOLS[name]


def test_without_a_protocol_all_are_wanted():
    assert is_wanted("pesq", None)
    assert is_wanted("pesq", "nanocodec")
    assert not is_wanted("pesq", "lfsc")
