import gc
import logging
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest
import torch
from corpora import write_corpus

from lfsc.data.batch import Skip, UnusableData
from lfsc.data.filters import Filter
from lfsc.data.loader_workers import disown
from lfsc.io.atomic import write_text

UPDATES = 23


def taken(stream, count: int) -> list:
    return list(islice(iter(stream), count))


def same(batches, others) -> bool:
    return len(batches) == len(others) and all(
        ours.keys == theirs.keys and torch.equal(ours.audio, theirs.audio) and ours.skipped == theirs.skipped
        for ours, theirs in zip(batches, others, strict=True)
    )


def keys_of(batches) -> Counter:
    return Counter(key for batch in batches for key in batch.keys)


@pytest.fixture(scope="session")
def one_dataset(tmp_path_factory):
    """24 clips of one language."""
    audio = torch.sin(torch.arange(20000) / 20)
    train = {f"c{number}": audio[number:] for number in range(24)}
    return write_corpus(tmp_path_factory.mktemp("one"), {"only/en": {"train": train, "val": {"v": audio}}})


def with_faults(folder, faulty: int, total: int):
    audio = torch.sin(torch.arange(20000) / 20)
    train = {f"c{number}": b"no audio" if number < faulty else audio for number in range(total)}
    return write_corpus(folder, {"only/en": {"train": train}})


@pytest.mark.parametrize("num_workers", [0, 2])
def test_batches_have_one_shape_and_only_good_clips(open_stream, corpus, num_workers):
    for batch in taken(open_stream(corpus, num_workers=num_workers), 10):
        assert batch.audio.shape == (4, 4096)
        assert batch.audio.dtype == torch.float32
        assert len(batch.keys) == 4
        assert batch.skipped == []
        assert batch.lengths is None


@pytest.mark.parametrize(("num_workers", "stop"), [(0, 1), (0, 11), (1, 2), (3, 11)])
def test_a_resumed_stream_gives_the_batches_that_would_have_come(open_stream, corpus, num_workers, stop):
    whole = taken(open_stream(corpus, num_workers=num_workers), UPDATES)
    stopped = open_stream(corpus, num_workers=num_workers)
    assert same(taken(stopped, stop), whole[:stop])
    resumed = open_stream(corpus, num_workers=num_workers)
    resumed.restore(stopped.gather_state())
    assert same(taken(resumed, UPDATES - stop), whole[stop:])


@pytest.mark.parametrize("num_workers", [0, 3])
def test_it_can_be_stopped_again_before_every_worker_has_spoken(open_stream, corpus, num_workers):
    whole = taken(open_stream(corpus, num_workers=num_workers), UPDATES)
    state, done = None, 0
    for steps in (8, 0, 1, 1, 4):
        stream = open_stream(corpus, num_workers=num_workers)
        if state is not None:
            stream.restore(state)
        assert same(taken(stream, steps), whole[done : done + steps])
        state, done = stream.gather_state(), done + steps
    last = open_stream(corpus, num_workers=num_workers)
    last.restore(state)
    assert same(taken(last, UPDATES - done), whole[done:])


class Witness(Filter):
    """Writes down what the garbage collector of its process has been told to pass over."""

    def __init__(self, place: Path):
        super().__init__(languages=None, seconds=None, bandwidth=None)
        self.place = place

    @property
    def needs_json(self) -> bool:
        # Whole at any time: the worker goes on to do so while the test reads.
        write_text(self.place, f"{os.getpid()} {gc.get_freeze_count()}")
        return False


def test_workers_do_not_go_through_what_was_there_before_them(open_stream, corpus, tmp_path):
    before = len(gc.get_objects()) + gc.get_freeze_count()
    taken(open_stream(corpus, num_workers=1, filter=Witness(tmp_path / "seen")), 2)
    process, frozen = map(int, (tmp_path / "seen").read_text().split())
    assert process != os.getpid()
    assert frozen > before / 2
    assert gc.get_freeze_count() == 0


@pytest.mark.parametrize("num_workers", [0, 2])
def test_two_ranks_resume_from_one_state(open_stream, corpus, num_workers):
    ranks = [open_stream(corpus, rank=rank, world_size=2, num_workers=num_workers) for rank in (0, 1)]
    whole = [taken(stream, 15) for stream in ranks]
    assert not same(*whole)
    stopped = [open_stream(corpus, rank=rank, world_size=2, num_workers=num_workers) for rank in (0, 1)]
    for stream in stopped:
        taken(stream, 6)
    states = [stream.gather_state() for stream in stopped]
    joined = {**states[0], "ranks": [state["ranks"][0] for state in states]}
    for rank in (0, 1):
        resumed = open_stream(corpus, rank=rank, world_size=2, num_workers=num_workers)
        resumed.restore(joined)
        assert same(taken(resumed, 9), whole[rank][6:])


@pytest.mark.slow
def test_ranks_gather_one_state_that_each_resumes_from(corpus, tmp_path):
    command = [sys.executable, Path(__file__).with_name("ranks.py"), corpus, tmp_path / "rendezvous"]
    processes = [subprocess.Popen([*command, str(rank), tmp_path]) for rank in (0, 1)]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1))
    assert first["same"] and second["same"]
    assert len(first["state"]["ranks"]) == 2
    assert first["state"] == second["state"]
    assert first["keys"] != second["keys"]


def test_opening_and_reading_leave_the_global_random_generators_alone(open_stream, corpus):
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    taken(open_stream(corpus, num_workers=1), 2)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize(("world_size", "num_workers"), [(1, 0), (2, 0), (1, 3), (2, 2)])
def test_an_epoch_has_every_clip_once(open_stream, one_dataset, world_size, num_workers):
    batches_per_epoch = max(1, num_workers)
    options = {
        "world_size": world_size,
        "num_workers": num_workers,
        "batch_size": 24 // (world_size * batches_per_epoch),
    }
    ranks = [iter(open_stream(one_dataset, rank=rank, **options)) for rank in range(world_size)]
    for _ in range(3):
        seen = keys_of(next(rank) for rank in ranks for _ in range(batches_per_epoch))
        assert seen == Counter({f"c{number}": 1 for number in range(24)})


def test_where_clips_do_not_divide_no_clip_is_far_ahead(open_stream, corpus):
    seen = Counter()
    for rank in range(3):
        seen += keys_of(taken(open_stream(corpus, rank=rank, world_size=3, num_workers=2, batch_size=2), 200))
    assert len(seen) == 64
    for prefix in "ab":
        rounds = [count for key, count in seen.items() if key.startswith(prefix)]
        # Workers hold 6 or 7 clips of 40, so they come round at different speeds, and each clip as often as its worker.
        assert max(rounds) - min(rounds) <= max(rounds) * 0.35


def test_a_clip_is_cut_elsewhere_at_each_visit(open_stream, one_dataset):
    batches = taken(open_stream(one_dataset, batch_size=24), 2)
    first, second = ({key: row for key, row in zip(b.keys, b.audio, strict=True)} for b in batches)
    assert first.keys() == second.keys()
    assert not any(torch.equal(first[key], second[key]) for key in first)


def test_the_seed_changes_order_and_crops(open_stream, corpus):
    assert not same(taken(open_stream(corpus, seed=0), 3), taken(open_stream(corpus, seed=1), 3))


def test_several_crops_of_a_clip_share_a_batch_and_resume(open_stream, corpus):
    whole = taken(open_stream(corpus, num_workers=2, batch_size=6, crops=3), 12)
    assert whole[0].audio.shape == (6, 4096)
    assert all(count == 3 for batch in whole for count in Counter(batch.keys).values())
    assert not torch.equal(whole[0].audio[0], whole[0].audio[1])
    stopped = open_stream(corpus, num_workers=2, batch_size=6, crops=3)
    taken(stopped, 5)
    resumed = open_stream(corpus, num_workers=2, batch_size=6, crops=3)
    resumed.restore(stopped.gather_state())
    assert same(taken(resumed, 7), whole[5:])


def test_a_batch_must_hold_whole_sets_of_crops(open_stream, corpus):
    with pytest.raises(ValueError, match="batch_size=4 must be a multiple of crops_per_clip=3"):
        open_stream(corpus, crops=3)


@pytest.mark.parametrize("num_workers", [0, 2])
def test_unusable_clips_are_counted_and_replaced(open_stream, tmp_path, num_workers, caplog, capfd):
    path = with_faults(tmp_path, faulty=2, total=24)
    with caplog.at_level(logging.WARNING):
        batches = taken(open_stream(path, num_workers=num_workers, max_skipped_fraction=0.5), 24)
    assert all(batch.audio.shape == (4, 4096) for batch in batches)
    assert not {"c0", "c1"} & keys_of(batches).keys()
    skips = Counter(skip.key for batch in batches for skip in batch.skipped)
    assert skips.keys() == {"c0", "c1"}
    assert skips["c0"] in (4, 5)
    assert {skip.reason for batch in batches for skip in batch.skipped} == {
        "not a recording that can be decoded (Format not recognised.)"
    }
    assert len(caplog.records) == 1
    assert len(capfd.readouterr().err.splitlines()) <= 1


@pytest.mark.parametrize("num_workers", [0, 2])
def test_damaged_headers_of_a_shard_cost_their_clips_alone(open_stream, own_corpus, num_workers):
    shard = own_corpus / "one/en/train-00001.tar"
    content = bytearray(shard.read_bytes())
    content[100:300] = bytes(200)  # in the first header
    shard.write_bytes(content)
    batches = taken(open_stream(own_corpus, num_workers=num_workers, max_skipped_fraction=0.5), 30)
    assert {skip for batch in batches for skip in batch.skipped} == {Skip(f"clip 0 of {shard}", "damaged in its shard")}
    assert {"a7", "a9"} <= keys_of(batches).keys()
    assert "a8" not in keys_of(batches)


def test_skips_are_the_same_after_resuming(open_stream, tmp_path):
    path = with_faults(tmp_path, faulty=2, total=24)
    whole = taken(open_stream(path, num_workers=2, max_skipped_fraction=0.5), 20)
    stopped = open_stream(path, num_workers=2, max_skipped_fraction=0.5)
    taken(stopped, 7)
    resumed = open_stream(path, num_workers=2, max_skipped_fraction=0.5)
    resumed.restore(stopped.gather_state())
    assert same(taken(resumed, 13), whole[7:])


@pytest.mark.parametrize("num_workers", [0, 2])
def test_a_corpus_without_a_usable_clip_ends_with_the_reason(open_stream, tmp_path, num_workers, capfd):
    path = with_faults(tmp_path, faulty=24, total=24)
    capfd.readouterr()
    with pytest.raises(UnusableData, match=r"^51 of the last 51 clips cannot be used \(51 not a recording") as raised:
        taken(open_stream(path, num_workers=num_workers), 1)
    assert "\n" not in str(raised.value)
    assert capfd.readouterr().out == "", "nobody else has said it before"


@pytest.mark.parametrize("num_workers", [0, 2])
def test_a_shard_that_breaks_during_the_run_ends_it_with_its_name(open_stream, own_corpus, num_workers):
    stream = open_stream(own_corpus, num_workers=num_workers)
    batches = iter(stream)
    next(batches)
    shard = own_corpus / "one/en/train-00003.tar"
    with shard.open("r+b") as file:
        file.truncate(60_000)
    started = time.monotonic()
    with pytest.raises(UnusableData, match=r"^shard \S+/one/en/train-00003.tar cannot be read") as raised:
        for _ in range(100):
            next(batches)
    assert "\n" not in str(raised.value)
    assert time.monotonic() - started < 20


def test_storage_that_hangs_ends_the_run(open_stream, corpus, monkeypatch):
    monkeypatch.setattr("torch.utils.data._utils.MP_STATUS_CHECK_INTERVAL", 0.2)
    monkeypatch.setattr("lfsc.data.loader_failures.SECONDS_TO_HANG", 1)
    monkeypatch.setattr("lfsc.data.shard_reader.ShardReader.open_slice", lambda *_: time.sleep(5))
    with pytest.raises(UnusableData, match="no batch came within 1 s"):
        taken(stream := open_stream(corpus, num_workers=1), 1)
    stream.close()


def test_closing_ends_workers_that_answer_nothing_and_are_deaf_to_sigterm(open_stream, corpus, monkeypatch):
    monkeypatch.setattr("torch.utils.data._utils.MP_STATUS_CHECK_INTERVAL", 0.2)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    try:
        stream = open_stream(corpus, num_workers=2)
        next(iter(stream))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    workers = list(stream.loader._iterator._workers)
    for worker in workers:
        os.kill(worker.pid, signal.SIGSTOP)
    stream.close()
    for worker in workers:
        worker.join(10)
    assert [worker.exitcode for worker in workers] == [-signal.SIGKILL] * 2


@pytest.mark.timeout(60)
def test_a_worker_that_has_died_is_not_waited_for(open_stream, corpus):
    stream = open_stream(corpus, num_workers=2)
    next(iter(stream))
    # As where the signal of its death comes to another thread, while the first one waits.
    handler = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        stream.workers.processes[1].kill()
        with pytest.raises(UnusableData, match=r"^a worker died, by SIGKILL, as where the memory runs"):
            stream.gather_state()
    finally:
        stream.close()
        signal.signal(signal.SIGCHLD, handler)


@pytest.mark.timeout(60)
def test_a_connection_that_a_dying_worker_breaks_is_told_as_its_death(open_stream, corpus, monkeypatch):
    stream = open_stream(corpus, num_workers=2)
    next(iter(stream))

    def broken():
        stream.workers.processes[1].kill()
        yield from ()
        raise ConnectionResetError(104, "Connection reset by peer")

    handler = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        with monkeypatch.context() as patch, pytest.raises(UnusableData, match=r"^a worker died, by SIGKILL"):
            patch.setattr(stream, "loader", broken())
            next(iter(stream))
    finally:
        stream.close()
        signal.signal(signal.SIGCHLD, handler)


def test_workers_end_also_where_closing_is_interrupted(open_stream, corpus, monkeypatch):
    stream = open_stream(corpus, num_workers=2)
    next(iter(stream))

    def interrupted(iterator):
        disown(iterator)
        raise RuntimeError("DataLoader worker is killed by signal")

    monkeypatch.setattr("lfsc.data.stream.disown", interrupted)
    with pytest.raises(RuntimeError, match="by signal"):
        stream.close()
    for worker in stream.workers.processes:
        worker.join(10)
    assert [worker.exitcode for worker in stream.workers.processes] == [-signal.SIGKILL] * 2


def leave_workers(open_stream, corpus):
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    next(iter(open_stream(corpus, num_workers=2)))


@pytest.mark.timeout(60)
def test_a_process_that_never_closes_its_stream_ends(open_stream, corpus):
    process = multiprocessing.get_context("fork").Process(target=leave_workers, args=(open_stream, corpus))
    process.start()
    process.join(30)
    assert process.exitcode == 0


def test_filtered_clips_are_not_heard_nor_counted(open_stream, corpus):
    filter = Filter(languages=["en"], seconds=[0.65, 0.95], bandwidth=[None, 850])
    batches = taken(open_stream(corpus, filter=filter, max_skipped_fraction=0.0), 20)
    assert {int(key[1:]) % 5 for key in keys_of(batches)} == {1, 2}
    assert {key[0] for key in keys_of(batches)} == {"a"}
    assert not any(batch.skipped for batch in batches)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda json: json.replace(b":", b";"), "its json cannot be read"),
        (lambda json: b"[" + b" " * (len(json) - 2) + b"]", "its json is no object"),
    ],
)
def test_a_clip_with_damaged_json_is_skipped_where_the_json_counts(damage, reason, open_stream, own_corpus):
    for shard in own_corpus.rglob("train-*.tar"):
        shard.write_bytes(re.sub(rb'\{"key": "a7"[^}]*\}', lambda json: damage(json[0]), shard.read_bytes()))
    assert "a7" in keys_of(taken(open_stream(own_corpus), 32))
    filter = Filter(languages=None, seconds=[0.1, None], bandwidth=None)
    batches = taken(open_stream(own_corpus, filter=filter), 32)
    assert {skip for batch in batches for skip in batch.skipped} == {("a7", reason)}


def test_a_filter_that_lets_nothing_through_ends_the_run(open_stream, corpus, monkeypatch):
    monkeypatch.setattr("lfsc.data.task_encoder.FILTERED_IN_A_ROW", 200)
    with pytest.raises(
        UnusableData, match=r"none of the last 200 clips has seconds in \[100, None\]: widen data.filter"
    ):
        taken(open_stream(corpus, filter=Filter(languages=None, seconds=[100, None], bandwidth=None)), 1)


def test_as_many_workers_on_other_ranks_go_on_with_the_same_batches(open_stream, corpus):
    whole = taken(open_stream(corpus, num_workers=4), 24)
    stopped = open_stream(corpus, num_workers=4)
    taken(stopped, 8)
    rest = []
    for rank in (0, 1):
        resumed = open_stream(corpus, rank=rank, world_size=2, num_workers=2)
        resumed.restore(stopped.gather_state())
        rest += taken(resumed, 8)
    by_keys = sorted(rest, key=lambda batch: batch.keys)
    assert same(by_keys, sorted(whole[8:], key=lambda batch: batch.keys))


@pytest.mark.parametrize(
    ("workers", "change", "said"),
    [
        (2, {"num_workers": 1}, "num_workers was 2 and is 1"),
        (2, {"batch_size": 2}, "batch_size was 4 and is 2"),
        (0, {"num_workers": 1}, "num_workers was 0 and is 1"),
        (1, {"num_workers": 0}, "num_workers was 1 and is 0"),
    ],
)
def test_a_position_that_does_not_fit_is_said_and_the_data_start_afresh(
    open_stream, corpus, workers, change, said, caplog
):
    stopped = open_stream(corpus, num_workers=workers)
    taken(stopped, 3)
    options = {"num_workers": workers, **change}
    resumed = open_stream(corpus, **options)
    with caplog.at_level(logging.WARNING):
        resumed.restore(stopped.gather_state())
    assert said in caplog.text
    assert same(taken(resumed, 4), taken(open_stream(corpus, **options), 4))


def test_too_little_room_for_workers_is_told_before_they_begin(open_stream, corpus, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("lfsc.data.loader_failures.LEAST_SHARED_MEMORY", 1 << 80)
        with pytest.raises(UnusableData, match=r"^/dev/shm, .* num_workers=0 does without"):
            taken(open_stream(corpus, num_workers=1), 1)
    with monkeypatch.context() as patch:
        patch.setattr("lfsc.data.loader_failures.FILES_PER_WORKER", 1 << 40)
        with pytest.raises(UnusableData, match=r"^the loader needs more than the \d+ files"):
            taken(open_stream(corpus, num_workers=1), 1)
    assert taken(open_stream(corpus, num_workers=0), 1)
