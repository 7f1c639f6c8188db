"""Kaldi's data folders in miniature."""

import pytest

from data_prep.corpora.folder import utterances
from data_prep.corpora.utterance import Rejection
from lfsc.audio.parts import WHOLE, Part


@pytest.fixture
def read(tmp_path, put):
    """read(lists) is what comes of a folder with these lists and some recordings."""
    for name in ("a.wav", "b.flac", "c.sph"):
        put(f"in/{name}", name)

    def read_folder(**lists: str):
        for name, content in lists.items():
            put(f"in/{name.replace('wav_scp', 'wav.scp')}", content)
        items = utterances(tmp_path / "scratch", sources=[tmp_path / "in"], language=None)
        return [item for item in items if not isinstance(item, str)]

    return read_folder


def details(found):
    return [f"{item.key}: {item.detail}" for item in found if isinstance(item, Rejection)]


def test_recordings_with_what_the_lists_beside_them_say(read):
    found = read(
        wav_scp="a a.wav\nb\tb.flac\n\n",
        utt2spk="a anna\nb 0\n",
        utt2lang="a de\nb fr\n",
        text="a guten  Morgen\nb oui\n",
    )
    assert [(row.source.path.rpartition("/")[2], row.language, row.speaker, row.text, row.part) for row in found] == [
        ("a.wav", "de", "anna", "guten  Morgen", WHOLE),
        ("b.flac", "fr", "0", "oui", WHOLE),
    ]


def test_segments_are_parts_of_recordings(read):
    found = read(
        wav_scp="a a.wav\n", segments="a-1 a 0.5 2.25\na-2 a 3 -1\n", utt2spk="a-1 s1\na-2 s2\n", text="a-2 nein\n"
    )
    assert [(row.speaker, row.text, row.part) for row in found] == [
        ("s1", None, Part(0.5, 1.75)),
        ("s2", "nein", Part(3.0)),
    ]


def test_an_end_of_minus_one_is_that_of_the_recording_and_a_channel_may_follow(read):
    found = read(wav_scp="a a.wav\n", segments="1 a 2 -1.0\n2 a 2 -10\n3 a 0 1 1\n4 a 0 1 x\n5 a 0 1 1 1\n")
    assert [row.part for row in found if not isinstance(row, Rejection)] == [Part(2.0), Part(0.0, 1.0, 1)]
    assert [line.partition(": ")[2][:19] for line in details(found)] == [
        "'end' is \"-10\", exp", "'channel' is \"x\", e", "'a 0 1 1 1': expect",
    ]  # fmt: skip


def test_lists_may_be_of_windows_and_set_apart_by_tabs(read):
    found = read(
        wav_scp="a\ta.wav\r\nb  b.flac\r\n",
        segments="1\ta\t0\t1\r\n2 b 0\t2\r\n",
        text="1\tguten\tMorgen \r\n2\r\n",
        utt2spk="1\tanna\r\n2 \tben\r\n",
    )
    assert [(row.speaker, row.text, row.part.seconds) for row in found] == [
        ("anna", "guten\tMorgen", 1),
        ("ben", None, 2),
    ]


def test_data_folders_below_are_read_and_that_of_tests_is_not(tmp_path, put):
    for folder, path in (
        ("train", "a.wav"),
        ("train/split2/1", "a.wav"),
        ("dev", "downloads/b.wav"),
        ("test", "a.wav"),
    ):
        put(f"egs/data/{folder}/wav.scp", f"{folder}-1 {path}\n")
        put(f"egs/data/{folder}/utt2spk", f"{folder}-1 {folder}\n")
    put("egs/data/odd/wav.scp", b"odd-1 a.wav\nodd-2 \xff.wav\n")
    put("egs/data/train/a.wav", "")
    put("egs/downloads/b.wav", "")
    items = list(utterances(tmp_path / "scratch", sources=[tmp_path / "egs"], language=None))
    assert "left out: egs/data/test, which is for evaluation (give it alone)" in items
    (odd,) = [item for item in items if isinstance(item, Rejection)]
    assert odd.key == "data/odd/wav.scp" and "is no UTF-8 text" in odd.detail
    found = {item.speaker: (item.source.path, item.split) for item in items if not isinstance(item, str | Rejection)}
    assert found == {
        "train": (f"{tmp_path}/egs/data/train/a.wav", "train"),
        "dev": (f"{tmp_path}/egs/downloads/b.wav", "val"),
    }


def test_only_commands_that_change_nothing_are_understood_and_none_is_run(read, tmp_path):
    found = read(
        wav_scp="a cat a.wav |\n"
        "b flac -c -d -s b.flac |\n"
        "c /tools/sph2pipe -f wav -p -c 2 'c.sph' |\n"
        f"d touch {tmp_path}/was_run |\n"
        "e sox a.wav -t wav -r 8k - |\n"
        "f cat $(touch was_run) a.wav |\n"
        "g |\n"
        "h sph2pipe -f wav -c 3 c.sph |\n"
    )
    assert [(row.source.path.rpartition("/")[2], row.part) for row in found if not isinstance(row, Rejection)] == [
        ("a.wav", WHOLE),
        ("b.flac", WHOLE),
        ("c.sph", Part(channel=1)),
    ]
    assert [line.partition(":")[0] for line in details(found)] == [f"wav.scp, line {number}" for number in range(4, 9)]
    assert "is a command, which is not run" in details(found)[1]
    assert not (tmp_path / "was_run").exists()


def test_a_bad_line_costs_itself_alone(read):
    found = read(
        wav_scp="a a.wav\nb b.flac\nk raw.ark:17\nq cat 'a.wav |\n",
        segments="1 a 0 1\n2 z 0 1\n3 a 0\n4 a two 3\n5 a 2 1\n6 k 0 1\n7 q 0 1\n8 b 0 1\n",
    )
    kept = [row.source.path.rpartition("/")[2] for row in found if not isinstance(row, Rejection)]
    assert kept == ["a.wav", "b.flac"]
    for line, expected in zip(details(found), [
        "segments, line 2: its recording z is not in wav.scp",
        "segments, line 3: 'a 0': expected a recording, a beginning and an end in seconds",
        "segments, line 4: 'start' is \"two\", expected seconds from 0 on",
        "segments, line 5: its part is -1 s long",
        "k-0-1000: ",
        "segments, line 7: No closing quotation",
    ], strict=True):  # fmt: skip
        assert line.startswith(expected)


def test_recordings_in_archives_of_espnet_are_read(read, put):
    wav = b"RIFF" + (4).to_bytes(4, "little") + b"WAVE"
    put("in/data.ark", b"a " + wav + b"b AUDIO\x02\x04\x00fLaCc \0BFM d AUDIO\x01\xffshort")
    found = read(wav_scp="a data.ark:2\nb data.ark:16\nc data.ark:30\nd data.ark:37\ne gone.ark:1\n", text="a yes\n")
    kept = [row for row in found if not isinstance(row, Rejection)]
    assert [(row.key, row.source.open(), row.text) for row in kept] == [("a", wav, "yes"), ("b", b"fLaC", None)]
    reasons = "is no recording in an archive", "ends within the recording at 37", "No such file"
    assert all(reason in line for reason, line in zip(reasons, details(found), strict=True))


def test_paths_are_also_looked_for_where_the_command_is_run(read, put, tmp_path, monkeypatch):
    put("corpus/x.wav", "x")
    monkeypatch.chdir(tmp_path)
    (row,) = read(wav_scp="x corpus/x.wav\n")
    assert row.source.path == str(tmp_path / "corpus" / "x.wav")
