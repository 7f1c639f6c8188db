"""Commands whose output nobody reads."""

import os
import subprocess
import sys

import pytest

WRITE = """
import sys
from lfsc.io.streams import make_streams_last
make_streams_last()
for _ in range(3):
    print("x" * 100_000, flush=True)
    print("y" * 100_000, file=sys.stderr)
open(sys.argv[1], "w").write("done")
"""


def run(shell, path, program=WRITE):
    """What a shell's line with PYTHON PROGRAM PATH in it says, and what the program wrote."""
    command = f'set -o pipefail; {shell.replace("WRITE", """ "$0" -c "$1" "$2" """)}'
    done = subprocess.run(
        ["bash", "-c", command, sys.executable, program, str(path)], capture_output=True, text=True, timeout=60
    )
    return done, path.read_text() if path.exists() else None


def test_work_goes_on_when_the_reader_is_gone(tmp_path):
    for number, shell in enumerate(
        ("WRITE 2>&1 | head -c 10", "WRITE 2>/dev/null | true", "WRITE 2>&1 >/dev/null | true")
    ):
        done, written = run(shell, tmp_path / str(number))
        assert (done.returncode, written) == (0, "done"), shell
        assert "Errno" not in done.stderr and "Exception" not in done.stderr


def test_streams_that_are_closed_take_no_file_of_ours(tmp_path):
    program = WRITE.replace("import sys", "import os, sys", 1) + "assert sys.stdin.read() == ''\n"
    program += "assert open(sys.argv[1]).fileno() > 2\n"
    for number, shell in enumerate(
        ("WRITE <&- >&- 2>&-", "WRITE 2>&- >/dev/null", "WRITE <&- >/dev/null 2>&1", "WRITE >&-")
    ):
        done, written = run(f"{shell}", tmp_path / str(number), program if "<&-" in shell else WRITE)
        assert (done.returncode, written) == (0, "done"), (shell, done.stderr)


def test_processes_begun_later_have_streams_too(tmp_path):
    program = WRITE.replace("import sys", "import os, subprocess, sys", 1)
    program += "subprocess.run([sys.executable, '-c', 'import os; [os.fstat(i) for i in range(3)]'], check=True)"
    done, _ = run("WRITE <&- >&- 2>&-", tmp_path / "a", program)
    assert done.returncode == 0


def test_the_command_is_not_ended_by_its_reader():
    command = f"set -o pipefail; {sys.executable} -m lfsc --help | true"
    for _ in range(3):
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, "")


FULL = "standard output: No space left on device\n"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("lfsc info pocket", f"lfsc info: {FULL}"),
        ("lfsc --help", f"lfsc --help: {FULL}"),
        ("lfsc runs --help", f"lfsc runs: {FULL}"),
        ("data_prep folder --help", f"error: {FULL}"),
    ],
)
def test_a_full_disk_is_one_line(command, message):
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m {command} >/dev/full"], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (2, message)


def test_letters_that_a_terminal_does_not_have_are_written_by_their_codes():
    done = subprocess.run(
        [sys.executable, "-m", "lfsc", "--help"], capture_output=True, env=os.environ | {"PYTHONIOENCODING": "latin-1"}
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(rb"lfsc VERB \u2026, the Low Frame-rate Speech Codec")
