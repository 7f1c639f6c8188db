"""A miniature of TED-LIUM."""

from data_prep.corpora.folder import utterances
from data_prep.corpora.utterance import Rejection
from lfsc.audio.parts import Part


def test_lines_are_parts_of_the_recording_of_that_name(tmp_path, put):
    lines = (
        ";; comment\n"
        "Ann_2010X 1 Ann_2010X 0.00 1.57 <o,f0,female> ignore_time_segment_in_scoring\n"
        "Ann_2010X 1 Ann_2010X_b 1.57 3.50 <o,f0,female> <unk> and so\n"
        "Ann_2010X B Ann_2010X 4 5\n"
        "Gone_2010 1 x 4 5 ja\n"
        "Ann_2010X 1 x 4\n"
        "Ann_2010X mono x 4 5\n"
    )
    for part in ("train", "dev", "test"):
        put(f"in/legacy/{part}/sph/{part.title()}_2010X.sph", b"")
        put(f"in/legacy/{part}/stm/{part.title()}_2010X.stm", lines.replace("Ann", part.title()))
    put("in/legacy/train/sph/Other_2010.sph", b"")
    put("in/legacy/train/stm/Other_2010.stm", b"\xff")
    put("in/legacy/train/sph/Unlisted_2010.sph", b"")
    items = list(utterances(tmp_path / "scratch", sources=[tmp_path / "in"]))
    found = [item for item in items if not isinstance(item, str | Rejection)]
    assert [(row.language, row.speaker, row.split, row.text, row.part) for row in found[2:]] == [
        ("en", "Train_2010X_b", "train", "<unk> and so", Part(1.57, 1.93, 0)),
        ("en", "Train_2010X", "train", None, Part(4.0, 1.0, 1)),
    ]
    assert {row.split for row in found} == {"train", "val"}
    assert "not read: 1 recording that no list names, such as legacy/train/sph/Unlisted_2010.sph" in items
    assert "left out: in/legacy/test/stm, which is for evaluation (give it alone)" in items
    details = [item.detail for item in items if isinstance(item, Rejection)]
    expected = ": expected name, channel (1, A), speaker, start, end and text"
    assert {detail for detail in details if "Train" in detail or "Gone" in detail} == {
        "no recording of the name Gone_2010",
        f"'Train_2010X 1 x 4'{expected}",
        f"'Train_2010X mono x 4 5'{expected}",
    }
    assert details.count("nobody speaks in it: ignore_time_segment_in_scoring") == 2
    assert sum("Other_2010.stm is no UTF-8 text" in detail for detail in details) == 1
