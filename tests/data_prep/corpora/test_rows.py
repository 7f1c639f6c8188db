"""Miniatures in the layouts in which corpora are distributed."""

import json

import pytest

from data_prep.corpora.folder import utterances
from data_prep.corpora.utterance import Rejection


def read(*sources):
    items = list(utterances(sources[0].parent / "scratch", sources=list(sources), language=None))
    return [item for item in items if not isinstance(item, str)], [item for item in items if isinstance(item, str)]


def libritts(put, part, speaker):
    for number in range(2):
        stem = f"LibriTTS/{part}/{speaker}/12/{speaker}_12_{number:06d}_000000"
        put(f"{part}/{stem}.wav", b"")
        put(f"{part}/{stem}.normalized.txt", f"Said by {speaker}.")


@pytest.mark.parametrize("downloaded", ["one folder", "several archives", "a folder of archives"])
def test_parts_of_libritts_are_its_splits_however_they_lie(tmp_path, put, packed, downloaded):
    speakers = {"train-clean-100": 103, "train-other-500": 200, "dev-clean": 84, "test-clean": 61}
    for part, speaker in speakers.items():
        libritts(put, "raw/" + part if downloaded == "one folder" else part, speaker)
    if downloaded == "one folder":
        sources = [tmp_path / "raw"]
    else:
        sources = [packed(tmp_path / part / "LibriTTS", ".tar.gz") for part in speakers]
        sources = [path.rename(tmp_path / f"{part}.tar.gz") for part, path in zip(speakers, sources, strict=True)]
    if downloaded == "a folder of archives":
        (tmp_path / "archives").mkdir()
        for path in sources:
            path.rename(tmp_path / "archives" / path.name)
        sources = [tmp_path / "archives"]
    found, said = read(*sources)
    assert {(row.speaker, row.split, row.text, row.language) for row in found} == {
        ("103", "train", "Said by 103.", "en"),
        ("200", "train", "Said by 200.", "en"),
        ("84", "val", "Said by 84.", "en"),
    }
    assert len({row.key for row in found}) == 6
    if downloaded != "a folder of archives":
        assert "left out: 2 recordings of its test parts, which are for evaluation (give them alone)" in said


@pytest.mark.parametrize("downloaded", ["folders", "a WebDataset"])
def test_parts_of_any_corpus_are_its_splits(tmp_path, put, packed, downloaded):
    for part, speaker in (("train", "ann"), ("validation", "ben"), ("test", "eve")):
        name = f"in/{part}/{speaker}/1" if downloaded == "folders" else f"in/{part}-000/1"
        put(f"{name}.wav", speaker)
        put(f"{name}.json", json.dumps({"speaker": speaker}))
        if downloaded != "folders":
            packed(tmp_path / f"in/{part}-000", ".tar")
            (tmp_path / f"{name}.wav").unlink()
    found, said = read(tmp_path / "in")
    assert {(row.speaker, row.split) for row in found} == {("ann", "train"), ("ben", "val")}
    assert "left out: 1 recording of its test parts, which are for evaluation (give them alone)" in said


@pytest.mark.parametrize("named_by", ["a column", "names of lists"])
def test_lists_of_texts_may_name_the_splits(tmp_path, put, named_by):
    for part in ("train", "dev", "test"):
        split = f"\tsplit\n{part}\tja\t{part}\n" if named_by == "a column" else f"\n{part}\tja\n"
        put(f"in/de/asr_{part if named_by != 'a column' else 'x' + part}.tsv", f"id\ttext{split}")
        put(f"in/de/ann-{part}/{part}.wav", b"")
    found, said = read(tmp_path / "in")
    assert {(row.speaker, row.split) for row in found} == {("ann-train", "train"), ("ann-dev", "val")}
    assert said[-1] == "left out: 1 recording of test splits by their lists, which are for evaluation"


def test_of_two_microphones_of_vctk_the_first_is_read(tmp_path, put):
    for name in ("p225/p225_001_mic1", "p225/p225_001_mic2", "p225/p225_002_mic1", "s5/s5_001_mic2"):
        put(f"VCTK/wav48_silence_trimmed/{name}.flac", b"")
    put("VCTK/txt/p225/p225_001.txt", "Please call Stella.")
    found, said = read(tmp_path / "VCTK")
    assert [(row.source.path.rpartition("/")[2], row.speaker, row.text) for row in found] == [
        ("p225_001_mic1.flac", "p225", "Please call Stella."),
        ("p225_002_mic1.flac", "p225", None),
        ("s5_001_mic2.flac", "s5", None),
    ]
    assert said[-2] == "left out: 1 recording of the second microphone, as the speech is the same"


def test_a_text_that_cannot_be_read_costs_itself_alone(tmp_path, put):
    for number in (1, 2):
        put(f"in/LibriTTS/dev-clean/84/12/84_12_{number:06d}_000000.wav", b"")
        put(f"in/LibriTTS/dev-clean/84/12/84_12_{number:06d}_000000.normalized.txt", b"\xff" if number == 1 else b"ja")
    found, said = read(tmp_path / "in")
    assert [row.text for row in found] == [None, "ja"]
    assert said[-1].startswith("not read: 1 text, such as ")
    assert said[-1].endswith("84_12_000001_000000.normalized.txt is no UTF-8 text: invalid start byte")


def test_texts_beside_recordings_of_any_corpus_are_theirs(tmp_path, put):
    texts = {
        "a.txt": "Guten\n Morgen. ",
        "b.lab": "ja",
        "c.txt": "0 46797 She had your dark suit",
        "d.lab": "0.0 0.35 sil\n0.35 0.5 h",
        "e.txt": "12 Uhr",
        "f.txt": "",
        "notes.txt": "by ann",
    }
    for name, text in texts.items():
        put(f"in/de/ann/{name}", text)
    for key in "abcdefg":
        put(f"in/de/ann/{key}.wav", b"")
    put("in/de/ann/e.json", '{"speaker": "ben"}')
    found, _ = read(tmp_path / "in")
    assert {row.source.path[-5]: row.text for row in found} == {
        "a": "Guten Morgen.", "b": "ja", "c": None, "d": None, "e": "12 Uhr", "f": None, "g": None,
    }  # fmt: skip


@pytest.mark.parametrize("root", ["in", "in/de_de"])
def test_parts_and_texts_of_fleurs_are_read(tmp_path, put, root):
    for part, number in (("train", 101), ("dev", 10**18), ("test", 303)):
        put(f"in/de_de/audio/{part}/{number}.wav", b"")
        put(f"in/de_de/{part}.tsv", f'7\t{number}.wav\tEin "Satz".\tein satz\te i n |\t9\tMALE\n8\n')
    found, said = read(tmp_path / root)
    assert {(row.language, row.speaker, row.split, row.text) for row in found} == {
        ("de_de", "unknown", "train", 'Ein "Satz".'),
        ("de_de", "unknown", "val", 'Ein "Satz".'),
    }
    assert "left out: 1 recording of its test parts, which are for evaluation (give them alone)" in said


def test_folders_around_archives_say_what_is_in_them(tmp_path, put, packed):
    for part in ("train", "dev", "test"):
        put(f"raw/{part}/{part}/12345678.wav", part.encode())
        (tmp_path / "fleurs/de_de/audio").mkdir(parents=True, exist_ok=True)
        packed(tmp_path / f"raw/{part}/{part}", ".tar.gz").rename(tmp_path / f"fleurs/de_de/audio/{part}.tar.gz")
    put("plain/000/1.flac", b"")
    (tmp_path / "other/fr").mkdir(parents=True)
    packed(tmp_path / "plain/000", ".tar").rename(tmp_path / "other/fr/000.tar")
    found, _ = read(tmp_path / "fleurs")
    assert {(row.language, row.split) for row in found} == {("de_de", "train"), ("de_de", "val")}
    found, said = read(tmp_path / "other")
    assert [row.language for row in found] == ["fr"] and said[-1].endswith("language: fr")


@pytest.mark.parametrize("packs", [False, True])
def test_recordings_that_parts_link_to_are_theirs(tmp_path, put, packed, packs):
    root = tmp_path / "data_thchs30"
    for part, key in (("train", "A1_0"), ("dev", "B2_0"), ("test", "D3_0")):
        put(f"data_thchs30/data/{key}.wav", key)
        put(f"data_thchs30/data/{key}.wav.trn", f"绿 是 {key}\nlv4 shi4\nl v4 sh ix4\n")
        put(f"data_thchs30/{part}/{key}.wav.trn", f"../data/{key}.wav.trn\n")
        (root / part / f"{key}.wav").symlink_to(f"../data/{key}.wav")
    found, _ = read(packed(root, ".tar") if packs else root)
    assert [(row.language, row.speaker, row.split, row.text) for row in found] == [
        ("zh", "B2", "val", "绿 是 B2_0"),
        ("zh", "A1", "train", "绿 是 A1_0"),
    ]


def test_of_a_recording_in_several_formats_the_best_is_read(tmp_path, put):
    names = ("a.flac", "a.mp3", "a.wav", "b.mp3", "b.ogg", "c.WAV", "c.WAV.wav", "sub/a.opus")
    for name in names:
        put(f"in/de/ann/{name}", name)
    found, said = read(tmp_path / "in")
    assert [row.source.path.rpartition("ann/")[2] for row in found] == ["a.flac", "b.mp3", "c.WAV", "sub/a.opus"]
    assert "left out: 4 recordings of which another file has the name but for the suffix, such as de/ann/a.mp3" in said


def test_texts_around_archives_are_of_what_is_in_them(tmp_path, put, packed):
    for number in (1, 2):
        put(f"in/data/de000/audio/0000000{number}/abc-{number}.wav", b"")
        packed(tmp_path / f"in/data/de000/audio/0000000{number}", ".tar.gz")
        (tmp_path / f"in/data/de000/audio/0000000{number}/abc-{number}.wav").unlink()
        put(f"in/data/de000/text/0000000{number}.txt", f"abc-{number} ja {number}\nabc-{3 - number} nein\n")
    found, _ = read(tmp_path / "in")
    assert [row.text for row in found] == ["ja 1", "ja 2"]


def emilia(put, folder, number):
    """A shard as Emilia's: NAME.mp3 and NAME.json."""
    for word in range(2):
        name = f"DE_B{number:05d}_S0000{word}_W000000"
        said = {"id": name, "wav": f"x/{name}.mp3", "text": f" Wort {word}", "duration": 3.228,
                "speaker": f"DE_B{number:05d}_S0000{word}", "language": "de", "dnsmos": 3.37}  # fmt: skip
        put(f"{folder}/{name}.mp3", name.encode())
        put(f"{folder}/{name}.json", json.dumps(said))


def test_shards_of_emilia_are_read_one_after_the_other(tmp_path, put, packed):
    for number in range(3):
        emilia(put, f"Emilia/DE/DE-B{number:06d}", number)
        packed(tmp_path / f"Emilia/DE/DE-B{number:06d}", ".tar")
        for path in (tmp_path / f"Emilia/DE/DE-B{number:06d}").iterdir():
            path.unlink()
    (tmp_path / "Emilia/DE/DE-B000001.tar").write_bytes(b"junk" * 1000)
    found, said = read(tmp_path / "Emilia")
    assert [row.speaker for row in found if not isinstance(row, Rejection)] == [
        "DE_B00000_S00000", "DE_B00000_S00001", "DE_B00002_S00000", "DE_B00002_S00001",
    ]  # fmt: skip
    assert found[0].source.open() == b"DE_B00000_S00000_W000000"
    assert (found[0].language, found[0].text, found[0].part.seconds) == ("de", "Wort 0", 3.228)
    (bad,) = [row for row in found if isinstance(row, Rejection)]
    assert bad.key == "DE/DE-B000001.tar" and "is no complete tar" in bad.detail
    assert said[0] == "3 archives, such as DE/DE-B000000.tar"
    # Not once for each of thousands.
    assert sum("with a .json beside it" in sentence for sentence in said) == 1


def test_archives_may_hold_parts_of_a_corpus(tmp_path, put, packed):
    for part, speaker in (("dev", "S1"), ("train", "S2"), ("test", "S3")):
        put(f"in/{speaker}/{part}/1.wav", b"")
        packed(tmp_path / f"in/{speaker}", ".tar")
        (tmp_path / f"in/{speaker}/{part}/1.wav").unlink()
    found, _ = read(tmp_path / "in")
    assert [(row.speaker, row.split) for row in found] == [("S1", "val"), ("S2", "train")]


def test_equal_names_in_different_shards_stay_apart(tmp_path, put, packed):
    for name in ("a", "b"):
        put(f"in/{name}/000.flac", name.encode())
        packed(tmp_path / f"in/{name}", ".tar")
        (tmp_path / f"in/{name}/000.flac").unlink()
    found, _ = read(tmp_path / "in")
    assert len({row.key for row in found}) == 2


def test_archives_beside_recordings_are_named(tmp_path, put):
    put("in/en/ann/1.wav", b"")
    put("in/more.tar", b"")
    _, said = read(tmp_path / "in")
    assert "not read: 1 archive, such as more.tar; only the recordings beside" in said
