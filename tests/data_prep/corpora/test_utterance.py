import pytest

from data_prep.corpora.utterance import File, Rejection, Speech, Utterance, read_rejections
from lfsc.audio import files
from lfsc.audio.manifest import Row


def test_an_utterance_survives_its_line():
    for source in (File("/a/b.flac", 10, 20, 30, 40), File("x"), Speech("7", "gmw/en+f1", 170, 50, 60)):
        utterance = Utterance("key", source, "en", "s", "train", "vierundzwanzig ä")
        again = Utterance.from_json(utterance.to_json())
        assert again == utterance
        assert type(again.source) is type(source)


def test_two_letters_of_a_language_are_small_wherever_they_stand():
    for row, given in ((Row("a", language="EN"), None), (Row("a"), "EN")):
        assert Utterance.of_row(row, File("a"), prefix="", language=given).language == "en"


def test_rejections_survive_their_file_whatever_their_names_hold(tmp_path):
    rejections = [Rejection.malformed(f"a{end}b, line 1", "en", "ä\n") for end in ("", "\u2028", "\x85", "\n")]
    (tmp_path / "rejected.jsonl").write_text("".join(f"{each.to_json()}\n" for each in rejections), encoding="utf-8")
    found = read_rejections(tmp_path / "rejected.jsonl")
    assert [each.key for each in found] == ["ab, line 1", "a\u2028b, line 1", r"a\x85b, line 1", r"a\x0ab, line 1"]
    assert found[0].detail == r"ä\x0a"
    for damage in ("[]\n", "{\n", '{"key": "a"}\n'):
        (tmp_path / "rejected.jsonl").write_text(damage)
        with pytest.raises(ValueError, match=r"rejected\.jsonl is damaged"):
            read_rejections(tmp_path / "rejected.jsonl")


def test_a_file_inside_another(tmp_path, say):
    content = say("1 2 3")
    path = tmp_path / "archive"
    path.write_bytes(b"before" + content + b"after")
    inside = File(str(path), 6, len(content), start=100, num_samples=500).read()
    assert inside.audio.equal(files.read(content, start=100, num_samples=500).audio)
