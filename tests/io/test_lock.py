import errno
import fcntl
import os
import time

import pytest

from lfsc.io.lock import lock_file


def test_another_process_is_kept_out_until_the_first_is_gone(tmp_path, hold_lock):
    path = tmp_path / "lock"
    with hold_lock(path) as holder:
        with pytest.raises(BlockingIOError, match="another process has the lock"), lock_file(path):
            pass
        # However it ends.
        holder.kill()
        holder.wait()
        with lock_file(path):
            pass


def test_who_waits_gets_it(tmp_path, hold_lock):
    path = tmp_path / "lock"
    with hold_lock(path) as holder:
        waiter = os.fork()
        if waiter == 0:
            with lock_file(path, wait=True):
                os._exit(7)
        time.sleep(0.3)
        assert os.waitpid(waiter, os.WNOHANG) == (0, 0)
        holder.kill()
        assert os.waitstatus_to_exitcode(os.waitpid(waiter, 0)[1]) == 7


def test_a_forked_process_does_not_inherit_it(tmp_path, hold_lock):
    path = tmp_path / "lock"
    with lock_file(path):
        child = os.fork()
        if child == 0:
            time.sleep(60)
            os._exit(0)
    try:
        with hold_lock(path) as other:
            assert other.poll() is None
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


def test_a_file_system_without_locks_keeps_nobody_out(tmp_path, monkeypatch):
    def fails(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "lockf", fails)
    with lock_file(tmp_path / "lock"):
        pass
