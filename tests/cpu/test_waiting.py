"""The command's threads do not spin while they wait, unless somebody wants them to."""

import pytest

from lfsc import cli
from lfsc.cpu.waiting import SPINS, wait_without_spinning


@pytest.mark.parametrize(
    ("said", "spins"),
    [({}, SPINS), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "active"}, None)],
)
def test_what_somebody_has_said_stays(monkeypatch, said, spins):
    environment = dict(said)
    monkeypatch.setattr("os.environ", environment)
    wait_without_spinning()
    assert environment.get("GOMP_SPINCOUNT") == spins


def test_the_command_says_it(monkeypatch):
    told = []
    monkeypatch.setattr(cli, "wait_without_spinning", lambda: told.append(True))
    monkeypatch.setattr(cli, "make_streams_last", lambda: None)
    monkeypatch.setattr("sys.argv", ["lfsc", "--version"])
    assert cli.main() == 0
    assert told
