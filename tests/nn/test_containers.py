from torch import nn

from lfsc.nn.containers import ModuleDict, ModuleList


def test_they_are_torchs_own():
    assert ModuleList is nn.ModuleList
    assert ModuleDict is nn.ModuleDict
