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
        items = utterances(tmp_path / "scratch", sources=[tmp_path / "in"], manifest=None, language=None)
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


def test_only_commands_that_change_nothing_are_understood_and_none_is_run(read, tmp_path):
    found = read(
        wav_scp="a cat a.wav |\n"
        "b flac -c -d -s b.flac |\n"
        "c /tools/sph2pipe -f wav -p -c 2 'c.sph' |\n"
        f"d touch {tmp_path}/was_run |\n"
        "e sox a.wav -t wav -r 8k - |\n"
        "f cat $(touch was_run) a.wav |\n"
        "g |\n"
    )
    assert [(row.source.path.rpartition("/")[2], row.part) for row in found if not isinstance(row, Rejection)] == [
        ("a.wav", WHOLE),
        ("b.flac", WHOLE),
        ("c.sph", Part(channel=1)),
    ]
    assert [line.partition(":")[0] for line in details(found)] == [f"wav.scp, line {number}" for number in (4, 5, 6, 7)]
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
        "segments, line 6: raw.ark:17 is in an archive of Kaldi",
        "segments, line 7: No closing quotation",
    ], strict=True):  # fmt: skip
        assert line.startswith(expected)


def test_paths_are_also_looked_for_where_the_command_is_run(read, put, tmp_path, monkeypatch):
    put("corpus/x.wav", "x")
    monkeypatch.chdir(tmp_path)
    (row,) = read(wav_scp="x corpus/x.wav\n")
    assert row.source.path == str(tmp_path / "corpus" / "x.wav")
