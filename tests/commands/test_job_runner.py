import os
import threading

import pytest
from small_trees import made, plan

from lfsc.commands.job_runner import run, write
from lfsc.io.regular import open_regular


def test_failures_do_not_stop_the_others_and_are_listed(tmp_path, capsys):
    made(tmp_path / "in", "a.wav", "b.wav", "c.wav")
    made(tmp_path / "out", "c.lfsc")

    def work(job, progress):
        if job.source.name == "a.wav":
            raise ValueError(f"{job.source}: bad\nthing")
        write(job, b"done")
        return 1.5

    assert run(plan(tmp_path / "in", tmp_path / "out"), work, verb="test") == 1
    said = capsys.readouterr().err
    assert "1 of 3 files, 1.5 s of audio" in said
    assert "1 there already" in said
    assert said.endswith(f"lfsc test: {tmp_path}/in/a.wav: bad thing\n")
    assert (tmp_path / "out" / "b.lfsc").read_bytes() == b"done"
    assert (tmp_path / "out" / "c.lfsc").read_bytes() == b"abc"
    assert run(plan(tmp_path / "in", tmp_path / "out")[1:], work, verb="test", overwrite=True) == 0
    assert (tmp_path / "out" / "c.lfsc").read_bytes() == b"done"


def test_too_little_memory_for_a_file_is_said_with_what_needs_less(tmp_path, capsys):
    made(tmp_path, "a.wav")

    def work(job, progress):
        raise RuntimeError("CUDA error: out of memory\nCompile with `TORCH_USE_CUDA_DSA`")

    assert run(plan(tmp_path / "a.wav", tmp_path / "a.lfsc"), work, verb="encode") == 1
    assert "a.wav: not enough memory (CUDA error: out of memory" in (said := capsys.readouterr().err)
    assert said.endswith(": a smaller --chunk-seconds needs less\n")


def test_a_pipe_is_written_to_and_stays_one(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    made(tmp_path, "a.wav")
    (job,) = plan(tmp_path / "a.wav", tmp_path / "pipe")
    found = []
    reader = threading.Thread(target=lambda: found.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    assert run([job], lambda job, progress: write(job, b"tokens") or 1.0, verb="encode") == 0
    reader.join()
    assert found == [b"tokens"] and (tmp_path / "pipe").is_fifo()


def test_nobody_waits_for_a_pipe_and_what_a_shell_opened_is_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="pipe is a pipe, expected a file"):
        plan(tmp_path / "pipe", "-")
    with pytest.raises(ValueError, match="zero is a device, expected a file"):
        plan("/dev/zero", "-")
    receiver, sender = os.pipe()
    os.write(sender, b"sound")
    os.close(sender)
    (job,) = plan(f"/dev/fd/{receiver}", tmp_path / "a.lfsc")
    assert job.read() == b"sound"
    os.close(receiver)


def test_what_is_no_file_in_a_folder_fails_alone(tmp_path, capsys):
    made(tmp_path, "in/a.wav")
    os.mkfifo(tmp_path / "in/pipe.wav")
    for name, target in (("gone.wav", "nothing.wav"), ("one.wav", "two.wav"), ("two.wav", "one.wav")):
        (tmp_path / "in" / name).symlink_to(target)
    jobs = plan(tmp_path / "in", tmp_path / "out")
    assert [job.source.name for job in jobs] == ["a.wav", "gone.wav", "one.wav", "pipe.wav", "two.wav"]

    def work(job, progress):
        with open_regular(job.read()) as file:
            write(job, file.read())
        return 1.0

    assert run(jobs, work, verb="test") == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.lfsc"]
    assert capsys.readouterr().err.count("\nlfsc test: ") == 4


def test_a_full_disk_fails_each_file_by_its_name_and_leaves_nothing(tmp_path, small_disk, capsys):
    made(tmp_path / "in", "a.wav", "b.wav")
    found = plan(tmp_path / "in", tmp_path / "out")
    with small_disk():
        assert run(found, lambda job, progress: write(job, bytes(2000)) or 1.0, verb="encode") == 1
    reported = capsys.readouterr().err
    assert all(f"in/{name}: " in reported for name in ("a.wav", "b.wav")) and reported.count("File too large") == 2
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("error", [MemoryError("256 GiB"), IndexError("z"), OSError(5, "I/O error")])
def test_whatever_a_file_does_is_its_own_failure(tmp_path, capsys, error):
    made(tmp_path / "in", "a.wav", "b.wav", "c.wav")
    found = plan(tmp_path / "in", tmp_path / "out")
    (tmp_path / "in/c.wav").unlink()

    def work(job, progress):
        if job.source.name == "a.wav":
            raise error
        job.source.read_bytes()
        write(job, b"done")
        return 1.5

    assert run(found, work, verb="test") == 1
    said = capsys.readouterr().err
    assert (tmp_path / "out/b.lfsc").exists()
    assert "1 of 3 files" in said and f"lfsc test: {tmp_path}/in/a.wav: " in said
    assert f"{tmp_path}/in/c.wav: No such file" in said
    assert "Traceback" not in said


def test_a_link_to_itself_is_no_folder_for_results(tmp_path, capsys):
    made(tmp_path / "in", "a.wav")
    (tmp_path / "loop").symlink_to("loop")
    (job,) = plan(tmp_path / "in", tmp_path / "loop")
    assert run([job], lambda job, _: write(job, b"") or 0.0, verb="encode") == 1
    assert f"{tmp_path / 'loop'}: " in capsys.readouterr().err
