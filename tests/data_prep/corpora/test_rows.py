"""Miniatures in the layouts in which corpora are distributed."""

import json

import pytest

from data_prep.corpora.folder import utterances
from data_prep.corpora.utterance import Rejection


def read(*sources):
    items = list(utterances(sources[0].parent / "scratch", sources=list(sources), manifest=None, language=None))
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
        assert "left out: 2 recordings of its test parts, which are for evaluation" in said


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
    assert said[-1] == "left out: 1 recording of the second microphone, as the speech is the same"


def test_a_text_that_cannot_be_read_costs_its_recording_alone(tmp_path, put):
    for number in (1, 2):
        put(f"in/LibriTTS/dev-clean/84/12/84_12_{number:06d}_000000.wav", b"")
        put(f"in/LibriTTS/dev-clean/84/12/84_12_{number:06d}_000000.normalized.txt", b"\xff" if number == 1 else b"ja")
    (bad, good), _ = read(tmp_path / "in")
    assert isinstance(bad, Rejection) and "is no UTF-8 text" in bad.detail
    assert (good.text, good.split) == ("ja", None)


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
    assert (found[0].language, found[0].text.strip(), found[0].part.seconds) == ("de", "Wort 0", 3.228)
    (bad,) = [row for row in found if isinstance(row, Rejection)]
    assert bad.key == "DE/DE-B000001.tar" and "is no complete tar" in bad.detail
    assert said[0] == "3 archives, such as DE/DE-B000000.tar"
    # Not once for each of thousands.
    assert sum("with a .json beside it" in sentence for sentence in said) == 1


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
