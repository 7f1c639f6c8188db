"""kill -9, again and again, at moments that nobody chose."""

import os
import random
import signal
import time

import pytest
from processes import wait_for

pytestmark = pytest.mark.slow
STEPS = ("max_updates=60", "validate_every=20", "checkpoint_every=4", "log_every=1", "codebook_window=15")


@pytest.fixture
def configuration(micro, noise_corpus, tmp_path):
    return lambda name: micro.configuration(noise_corpus, tmp_path, *STEPS, "ema_decay=0.99", f"name={name}")


def go_on(micro, config):
    if micro.run_of(config).has_checkpoint():
        micro.resume(config)
    else:
        micro.train(config)


def wait_for_update(micro, run, process):
    begun = len(micro.history(run))
    wait_for(lambda: len(micro.history(run)) > begun or not process.is_alive(), 60)


def test_ten_kills_in_a_row_change_nothing(micro, configuration):
    whole, config = configuration("whole"), configuration("killed")
    micro.train(whole)
    run, moments = micro.run_of(config), random.Random(0)
    reached = []
    while len(reached) < 10:
        process = micro.started(go_on, micro, config)
        # Mostly within the first updates of a start, so that all ten find it under way.
        wait_for_update(micro, run, process)
        time.sleep(moments.uniform(0, 0.5))
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert process.exitcode == -signal.SIGKILL, "it ended before it could be killed"
        assert run.status().effective_state == "killed"
        reached.append(micro.history(run)[-1]["update"])
    micro.resume(config)
    assert run.status().effective_state == "finished", reached
    assert micro.differences(micro.learned(run), micro.learned(micro.run_of(whole))) == []
    assert micro.history(run) == micro.history(micro.run_of(whole))
