"""The command's threads do not spin while they wait, unless somebody wants them to."""

import os
import subprocess
import sys

import pytest

from lfsc.cpu.waiting import SPINS, spin_briefly


@pytest.mark.parametrize(
    ("said", "spins"),
    [({}, SPINS), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "active"}, None)],
)
def test_what_somebody_has_said_stays(monkeypatch, said, spins):
    environment = dict(said)
    monkeypatch.setattr("os.environ", environment)
    spin_briefly()
    assert environment.get("GOMP_SPINCOUNT") == spins


def test_the_command_says_it_before_torch_is_there():
    told = "import os, sys; from lfsc import cli; import lfsc.commands.info as info; "
    told += "info.main = lambda _: print(os.environ['GOMP_SPINCOUNT'], 'torch' in sys.modules) or 0; "
    told += "sys.argv = ['lfsc', 'info']; sys.exit(cli.main())"
    said = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
    environment = {name: value for name, value in os.environ.items() if name not in said}
    done = subprocess.run([sys.executable, "-c", told], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()) == (0, [SPINS, "False"]), done.stderr
