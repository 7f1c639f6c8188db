import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data_prep.mapping import AHEAD, KEPT, cluster, local, mapped

# Workers import what they are sent by name: modules that they can find, not this one.
ROOT = Path(__file__).resolve().parents[2]
RAY_FAILED = r"^the Ray cluster failed \([^\n]+\); "


def test_results_come_in_the_order_of_the_tasks(here):
    assert list(mapped(here, str, range(100))) == [str(number) for number in range(100)]
    assert list(mapped(here, str, [])) == []


def test_tasks_are_drawn_as_they_are_needed(here):
    drawn = []
    results = mapped(here, str, (drawn.append(number) or number for number in range(1000)))
    next(results)
    assert len(drawn) <= AHEAD + 1


@pytest.mark.slow
def test_local_processes():
    with local(2) as workers:
        assert list(mapped(workers, abs, range(-50, 0))) == list(range(50, 0, -1))
        with pytest.raises(ValueError, match="invalid literal"):
            list(mapped(workers, int, ["1", "2", "three"]))
        with pytest.raises(RuntimeError, match=f"^a worker died; {KEPT}$"), local(1) as dying:
            list(mapped(dying, os._exit, [1]))


@pytest.mark.slow
def test_workers_end_with_a_killed_parent(tmp_path):
    """A parent that is killed cannot end its workers: they see to it themselves."""
    script = tmp_path / "parent.py"
    script.write_text(
        "import os, time\n"
        "from data_prep.mapping import local, mapped\n"
        "if __name__ == '__main__':\n"
        "    with local(2) as workers:\n"
        "        running = workers.submit(time.sleep, 600)\n"
        "        print(workers.result(workers.submit(os.getpid)), flush=True)\n"
        "        time.sleep(600)\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    parent = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env=environment, text=True)
    worker = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    deadline = time.monotonic() + 20
    while Path(f"/proc/{worker}").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not Path(f"/proc/{worker}").exists()


@pytest.mark.slow
def test_a_task_of_which_all_of_rays_workers_die_is_said_in_one_line(monkeypatch):
    pytest.importorskip("ray")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    with pytest.raises(RuntimeError, match=f"{RAY_FAILED}{KEPT}$"), cluster("local") as workers:
        list(mapped(workers, os._exit, [1]))


@pytest.mark.slow
def test_a_node_of_ray_that_dies_is_said_in_one_line(monkeypatch):
    pytest.importorskip("ray")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    with pytest.raises(RuntimeError, match=f"{RAY_FAILED}{KEPT}$"), cluster("local") as workers:
        # A worker's parent is its node's raylet.
        results = mapped(workers, eval, ["__import__('os').getppid()", *["__import__('time').sleep(1)"] * 50])
        os.kill(next(results), signal.SIGKILL)
        list(results)


def test_ray_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ValueError, match="needs the package ray"), cluster("local"):
        pass


def test_a_cluster_that_does_not_start_is_said_in_one_line(monkeypatch):
    ray = pytest.importorskip("ray")

    def fail(**_):
        raise Exception("The current node timed out during startup.\nMore about that.")

    monkeypatch.setattr(ray, "init", fail)
    with pytest.raises(RuntimeError, match=r"^no Ray cluster at 10\.0\.0\.1:1: The current node .* startup\.$"):
        cluster("10.0.0.1:1").__enter__()
