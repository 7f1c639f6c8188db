import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest
from processes import wait_for

from data_prep.__main__ import make_parser
from lfsc.commands.evaluate import parse
from lfsc.parallel import AHEAD, KEPT, WorkerLost, cluster, count_cpus, here, local, map_tasks, own_device

# Workers import what they are sent by name: modules that they can find, not this one.
ROOT = Path(__file__).resolve().parents[1]
RAY_FAILED = r"^the Ray cluster failed \([^\n]+\); "


def test_results_come_in_the_order_of_the_tasks():
    with here() as workers:
        assert list(map_tasks(workers, str, range(100))) == [str(number) for number in range(100)]
        assert list(map_tasks(workers, str, [])) == []


def test_tasks_are_drawn_as_they_are_needed():
    drawn = []
    with here() as workers:
        results = map_tasks(workers, str, (drawn.append(number) or number for number in range(1000)))
        next(results)
    assert len(drawn) <= AHEAD + 1


def test_there_are_as_many_workers_as_cpus_that_the_process_may_use():
    every = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(every)})
    try:
        evaluation = parse(["--codec", "identity", "--data", "in", "--out", "out"])
        assert count_cpus() == make_parser().parse_args(["verify", "out"]).workers == evaluation.workers == 1
    finally:
        os.sched_setaffinity(0, every)


def test_a_task_knows_its_device():
    with here("cuda:1") as workers:
        assert list(map_tasks(workers, device_and, [3])) == [("cuda:1", 3)]
    assert own_device() == "cpu"


def device_and(number):
    return own_device(), number


@pytest.mark.slow
def test_each_process_has_a_device_and_threads_of_its_own():
    with local(["cuda:0", "cuda:1"], threads=3) as workers:
        tasks = ["__import__('time').sleep(0.5) or __import__('lfsc.parallel').parallel.own_device()"] * 4
        assert set(map_tasks(workers, eval, tasks)) == {"cuda:0", "cuda:1"}
        assert set(map_tasks(workers, eval, ["__import__('torch').get_num_threads()"])) == {3}


def test_local_processes_import_nothing_from_the_working_folder(tmp_path):
    (tmp_path / "downloaded").mkdir()
    (tmp_path / "downloaded/multiprocessing.py").write_text("open('trace', 'w').close()\n")
    # A script, as the command `lfsc` is one: Python looks for modules beside it, not in the working folder.
    script = tmp_path / "script.py"
    script.write_text(
        "from lfsc.parallel import local, map_tasks\n"
        "if __name__ == '__main__':\n"
        "    with local(['cpu']) as workers:\n"
        "        print(*map_tasks(workers, abs, [-1, -2]))\n"
    )
    ran = subprocess.run([sys.executable, script], cwd=tmp_path / "downloaded", capture_output=True, text=True)
    assert ran.stdout == "1 2\n", ran.stderr
    assert not (tmp_path / "downloaded/trace").exists()


@pytest.mark.slow
def test_local_processes():
    with local(["cpu"] * 2) as workers:
        assert list(map_tasks(workers, abs, range(-50, 0))) == list(range(50, 0, -1))
        with pytest.raises(ValueError, match="invalid literal"):
            list(map_tasks(workers, int, ["1", "2", "three"]))
        with (
            pytest.raises(WorkerLost, match=f"^a worker was killed, perhaps for want of memory; {KEPT}$"),
            local(["cpu"]) as dying,
        ):
            list(map_tasks(dying, os._exit, [1]))


def test_workers_that_cannot_be_started_say_what_they_need(monkeypatch):
    """As semaphores do not without room in /dev/shm, and sockets where TMPDIR is over 100 letters."""
    monkeypatch.setattr("lfsc.parallel.ProcessPoolExecutor", Mock(side_effect=OSError(errno.ENOSPC, "No space left")))
    with pytest.raises(OSError, match=r"^worker processes cannot be started \(No space left\): .*TMPDIR.*/dev/shm"):
        local(["cpu"]).__enter__()


def test_an_interrupt_while_libraries_are_imported_says_nothing(tmp_path):
    (tmp_path / "library.py").write_text(
        "import os, signal, sys\nsys.stderr.write('imports ')\nos.kill(os.getpid(), signal.SIGINT)\n"
    )
    code = "from lfsc.parallel import local\nwith local(['cpu'], preload=('library',)): pass"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "imports ")


@pytest.mark.slow
@pytest.mark.parametrize(("moment", "number"), [("imports", "SIGINT"), ("imports", "SIGTERM"), ("works", "SIGINT")])
def test_an_interrupt_ends_workers_at_once_and_leaves_nothing(tmp_path, moment, number):
    """Also what waits behind a task, and before the workers have begun."""
    (tmp_path / "library.py").write_text(
        "import os, signal, time\n"
        "from lfsc.io.atomic import replacing\n"
        "def interrupt(moment):\n"
        "    if os.environ.get('PARENT') and os.environ['MOMENT'] == moment:\n"
        "        os.kill(int(os.environ['PARENT']), signal.Signals[os.environ['NUMBER']])\n"
        "def write(path):\n"
        "    with replacing(path) as temporary:\n"
        "        temporary.touch()\n"
        "        interrupt('works')\n"
        "        time.sleep(600)\n"
        "time.sleep(1)\n"
        "interrupt('imports')\n"
        "time.sleep(1)\n"
    )
    script = tmp_path / "parent.py"
    script.write_text(
        "import os, signal, library\n"
        "from lfsc.io.start import end_on_signals\n"
        "from lfsc.parallel import local, map_tasks\n"
        "if __name__ == '__main__':\n"
        # A job in the background ignores it, and so does all that it starts.
        "    signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "    end_on_signals()\n"
        "    os.environ['PARENT'] = str(os.getpid())\n"
        "    try:\n"
        "        with local(['cpu'] * 2, preload=('library',)) as workers:\n"
        "            list(map_tasks(workers, library.write, [f'out/{i}' for i in range(8)]))\n"
        "    except KeyboardInterrupt:\n"
        "        print('interrupted')\n"
    )
    path = os.pathsep.join([str(tmp_path), *sys.path])
    environment = os.environ | {"MOMENT": moment, "NUMBER": number, "PYTHONPATH": path}
    command = [sys.executable, script]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert (done.returncode, done.stdout, done.stderr) == (0, "interrupted\n", "")
    assert list((tmp_path / "out").glob("*")) == []


@pytest.mark.slow
def test_workers_end_with_a_killed_parent(tmp_path):
    """A parent that is killed cannot end its workers: they see to it themselves."""
    script = tmp_path / "parent.py"
    script.write_text(
        "import os, time\n"
        "from lfsc.parallel import local, map_tasks\n"
        "if __name__ == '__main__':\n"
        "    with local(['cpu'] * 2) as workers:\n"
        "        running = workers.submit(time.sleep, 600)\n"
        "        print(workers.result(workers.submit(os.getpid)), flush=True)\n"
        "        time.sleep(600)\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src")])}
    parent = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env=environment, text=True)
    worker = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    wait_for(lambda: not Path(f"/proc/{worker}").exists(), 20)


@pytest.mark.slow
def test_a_task_of_which_all_of_rays_workers_die_is_said_in_one_line(monkeypatch):
    pytest.importorskip("ray")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    with pytest.raises(WorkerLost, match=f"{RAY_FAILED}{KEPT}$"), cluster("local") as workers:
        list(map_tasks(workers, os._exit, [1]))


@pytest.mark.slow
def test_a_node_of_ray_that_dies_is_said_in_one_line(monkeypatch):
    pytest.importorskip("ray")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    with pytest.raises(WorkerLost, match=f"{RAY_FAILED}{KEPT}$"), cluster("local") as workers:
        # A worker's parent is its node's raylet.
        results = map_tasks(workers, eval, ["__import__('os').getppid()", *["__import__('time').sleep(1)"] * 50])
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
    with pytest.raises(WorkerLost, match=r"^no Ray cluster at 10\.0\.0\.1:1: The current node .* startup\.$"):
        cluster("10.0.0.1:1").__enter__()
