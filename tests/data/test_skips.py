import logging

import pytest

from lfsc.data.batch import Skip, UnusableData
from lfsc.data.skips import WINDOW, SkipLog, SkipWatch


def test_skips_are_reported_once():
    watch = SkipWatch(max_share=0.5)
    watch.note_skip(Skip("a", "silent"))
    watch.note_used()
    assert watch.report() == [Skip("a", "silent")]
    assert watch.report() == []


def test_a_share_below_the_limit_goes_on_for_ever():
    watch = SkipWatch(max_share=0.05)
    for number in range(20 * WINDOW):
        watch.note_used() if number % 25 else watch.note_skip(Skip(str(number), "silent"))


def test_a_share_over_the_limit_ends_with_the_reasons():
    watch = SkipWatch(max_share=0.05)
    reasons = ["silent", "silent", "truncated"]
    with pytest.raises(
        UnusableData, match=r"^51 of the last [0-9]+ clips .*\(34 silent, 17 truncated; the last was 500\)"
    ):
        for number in range(WINDOW):
            watch.note_used() if number % 10 else watch.note_skip(Skip(str(number), reasons[number // 10 % 3]))


def test_nothing_but_unusable_clips_ends_soon():
    watch = SkipWatch(max_share=0.05)
    with pytest.raises(UnusableData, match="51 of the last 51 clips"):
        for number in range(WINDOW):
            watch.note_skip(Skip(str(number), "silent"))


def test_a_limit_of_zero_allows_none():
    with pytest.raises(UnusableData):
        SkipWatch(max_share=0.0).note_skip(Skip("a", "silent"))


def test_what_is_no_fault_of_a_clip_ends_nothing():
    watch = SkipWatch(max_share=0.0)
    watch.note_skip(Skip("a", "silent where it was cut"), counts=False)
    assert watch.report() == [Skip("a", "silent where it was cut")]


def test_many_skips_are_one_line(caplog):
    log = SkipLog(interval=3600)
    with caplog.at_level(logging.WARNING):
        for number in range(100):
            log.add([Skip(f"clip{number}", "silent")])
    assert [record.getMessage() for record in caplog.records] == ["skipped 1 clip: 1 silent; the last was clip0"]


def test_after_the_interval_the_rest_is_one_line(caplog):
    log = SkipLog(interval=0)
    with caplog.at_level(logging.WARNING):
        log.add([])
        log.add([Skip(str(n), reason) for n, reason in enumerate("abcdddd")])
    assert [record.getMessage() for record in caplog.records] == [
        "skipped 7 clips: 4 d, 1 a, 1 b, 1 for other reasons; the last was 6"
    ]
