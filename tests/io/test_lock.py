import errno
import fcntl
import os
import time

import pytest

from lfsc.io.lock import lock_file, lock_folder


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


def test_a_lock_whose_file_was_removed_is_none(tmp_path, hold_lock):
    path = tmp_path / "lock"
    with hold_lock(path) as holder:
        waiter = os.fork()
        if waiter == 0:
            with lock_file(path, wait=True):
                os._exit(7 if path.exists() else 8)
        time.sleep(0.3)
        path.unlink()
        holder.kill()
        assert os.waitstatus_to_exitcode(os.waitpid(waiter, 0)[1]) == 7, "it holds the file that is there"


def test_a_folder_is_made_by_one_process_and_nothing_is_left(tmp_path, hold_lock):
    folder = tmp_path / "new" / "out"
    with lock_folder(folder):
        assert folder.is_dir()
    assert list(folder.iterdir()) == []
    with hold_lock(folder / ".lock"), pytest.raises(ValueError, match=r"another process is writing to .*out"):  # noqa: SIM117
        with lock_folder(folder):
            pass


def test_a_pipe_in_the_place_of_a_lock_is_told(tmp_path):
    os.mkfifo(tmp_path / "lock")
    with pytest.raises(ValueError, match="is a pipe, expected a file"), lock_file(tmp_path / "lock"):
        pass
