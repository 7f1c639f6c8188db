from data_prep.corpora.utterance import File, Speech, Utterance
from lfsc.audio import files


def test_an_utterance_survives_its_line():
    for source in (File("/a/b.flac", 10, 20, 30, 40), File("x"), Speech("7", "gmw/en+f1", 170, 50, 60)):
        utterance = Utterance("key", source, "en", "s", "train", "vierundzwanzig ä")
        again = Utterance.from_json(utterance.to_json())
        assert again == utterance
        assert type(again.source) is type(source)


def test_a_file_inside_another(tmp_path, say):
    content = say("1 2 3")
    path = tmp_path / "archive"
    path.write_bytes(b"before" + content + b"after")
    inside = File(str(path), 6, len(content), start=100, num_samples=500).read()
    assert inside.audio.equal(files.read(content, start=100, num_samples=500).audio)
