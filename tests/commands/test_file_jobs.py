import pytest
from small_trees import made, plan

from lfsc.commands.file_jobs import Job, find_jobs, find_recordings
from lfsc.commands.job_runner import run


def test_a_tree_is_mirrored(tmp_path):
    made(tmp_path / "in", "b/x.wav", "a.FLAC", "a.txt", "._a.wav", ".cache/c.wav")
    found = plan(tmp_path / "in", tmp_path / "out")
    assert [(job.source.name, job.target.relative_to(tmp_path / "out").as_posix()) for job in found] == [
        ("a.FLAC", "a.lfsc"),
        ("x.wav", "b/x.lfsc"),
    ]


def test_results_inside_the_tree_are_no_sources(tmp_path):
    made(tmp_path, "a.wav", "out/a.wav")
    assert [job.source for job in plan(tmp_path, tmp_path / "out")] == [tmp_path / "a.wav"]
    assert len(plan(tmp_path, tmp_path)) == 2


def test_folders_that_may_not_be_looked_into_fail_as_files_do(tmp_path, close, capsys):
    made(tmp_path, "in/a.wav", "in/b/c.wav", "in/.d/e.wav")
    close("in/b")
    close("in/.d")
    jobs = plan(tmp_path / "in", tmp_path / "in")
    assert [job.source.name for job in jobs] == ["a.wav", "b"]
    assert run(jobs, lambda job, progress: 1.0, verb="encode") == 1
    assert f"lfsc encode: {tmp_path}/in/b: Permission denied" in capsys.readouterr().err.splitlines()


def test_one_file_goes_to_a_file_into_a_folder_or_to_stdout(tmp_path):
    made(tmp_path, "a.wav")
    source = tmp_path / "a.wav"
    assert plan(source, tmp_path / "b.tok") == [Job(source, tmp_path / "b.tok", is_named=True)]
    assert plan(source, tmp_path) == [Job(source, tmp_path / "a.lfsc")]
    assert plan(source, f"{tmp_path}/new/") == [Job(source, tmp_path / "new" / "a.lfsc")]
    assert plan(source, "-") == [Job(source, "-")]
    assert plan("-", "-") == [Job("-", "-")]


def test_names_that_differ_in_their_suffixes_keep_them(tmp_path):
    made(tmp_path / "in", "a.wav", "a.flac", "b/a.wav")
    found = plan(tmp_path / "in", tmp_path / "out")
    assert [job.target.relative_to(tmp_path / "out").as_posix() for job in found] == [
        "a.flac.lfsc",
        "a.wav.lfsc",
        "b/a.lfsc",
    ]


def test_plans_that_would_lose_something_are_refused(tmp_path):
    made(tmp_path, "in/a.wav", "in/a.flac", "in/a.wav.flac", "one/b.wav")
    with pytest.raises(ValueError, match="would all become"):
        plan(tmp_path / "in", tmp_path / "out")
    with pytest.raises(ValueError, match="overwritten by its own result"):
        find_jobs(str(tmp_path / "one"), str(tmp_path / "one"), suffixes=(".wav",), made=".wav")


def test_what_is_not_there_is_said(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="no such file or folder"):
        plan(tmp_path / "nothing", "-")
    with pytest.raises(ValueError, match=r"no files with suffix \.wav, \.flac"):
        plan(tmp_path / "empty", tmp_path / "out")
    with pytest.raises(ValueError, match="is a folder, so the output must be one too"):
        plan(tmp_path / "empty", "-")


def test_dev_stdout_is_stdout_and_dev_stdin_is_stdin(tmp_path, standard_streams):
    made(tmp_path, "a.wav")
    assert plan(tmp_path / "a.wav", "/dev/stdout") == [Job(tmp_path / "a.wav", "-")]
    assert plan("/dev/stdin", "/dev/stdout") == [Job("-", "-")]


def test_an_empty_name_is_not_the_folder_one_is_in(tmp_path):
    made(tmp_path, "a.wav")
    for arguments, which in ((("", "out"), "IN"), ((tmp_path / "a.wav", ""), "OUT"), (("-", ""), "OUT")):
        with pytest.raises(ValueError, match=f"{which} is empty"):
            plan(*arguments)


def test_audio_that_is_not_read_is_counted(tmp_path, capsys):
    made(tmp_path / "in", "a.wav", "b/x.M4A", "b/y.webm", "notes.txt")
    assert len(find_recordings(str(tmp_path / "in"), str(tmp_path / "out"), made=".lfsc")) == 1
    assert "2 files of audio are not read (1 .m4a, 1 .webm), such as b/" in capsys.readouterr().err
