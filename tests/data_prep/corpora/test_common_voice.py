from collections import Counter

import pytest

from data_prep.corpora.common_voice import utterances
from data_prep.corpora.utterance import Rejection


def read(tmp_path, source, clips="official"):
    return list(utterances(tmp_path / "scratch", sources=[source], clips=clips))


def speakers(found):
    return Counter((row.language, row.speaker[0], row.split) for row in found)


def test_the_official_splits_of_every_language(tmp_path, common_voice):
    found = read(tmp_path, common_voice())
    rows = {("a", "train"): 2, ("b", "train"): 1, ("c", "val"): 1}
    assert speakers(found) == {(language, *row): n for language in ("cy", "zh-TW") for row, n in rows.items()}
    assert all(row.source.open().exists() for row in found)
    assert found[0].key == "common_voice_cy_a0"
    # Quotation marks are part of the text.
    assert found[0].text == '"0 7 97 3'


def test_validated_clips_without_the_speakers_of_dev_and_test(tmp_path, common_voice):
    rows = {("a", "train"): 2, ("b", "train"): 1, ("e", "train"): 1, ("c", "val"): 1}
    found = read(tmp_path, common_voice(), "validated")
    assert speakers(found) == {(language, *row): n for language in ("cy", "zh-TW") for row, n in rows.items()}


def test_one_language_and_archives(tmp_path, common_voice, packed):
    release = common_voice()
    assert {row.language for row in read(tmp_path, release / "zh-TW")} == {"zh-TW"}
    archived = read(tmp_path, packed(release))
    assert speakers(archived) == speakers(read(tmp_path, release))
    assert archived[0].source.read().sample_rate == 32000


def test_early_releases_leave_the_suffix_out(tmp_path, common_voice):
    release = common_voice("cv_corpus_v1")
    for table in release.glob("*/*.tsv"):
        table.write_text(table.read_text().replace(".mp3", ""))
    assert all(row.source.open().exists() for row in read(tmp_path, release))


@pytest.mark.parametrize("suffix", ["", ".tar"])
def test_sentences_may_hold_anything_but_a_tab_and_a_line_feed(tmp_path, common_voice, packed, suffix):
    release = common_voice()
    odd = 'a "b" \u2028c\x0bd\x85e\x1cf\rg'
    for table in release.glob("*/train.tsv"):
        content = table.read_text().replace('"0 7 97 3', odd).replace("\n", "\r\n")
        table.write_bytes(b"\xef\xbb\xbf" + content.encode())
    found = read(tmp_path, packed(release, suffix) if suffix else release)
    assert len(found) == 8
    assert found[0].text == odd


@pytest.mark.parametrize(
    "content, message",
    [
        (b"client_id\tpath\nd\xe9j\xe0\tx.mp3\n", "cy/dev.tsv is no UTF-8 text"),
        (b"\xff\xfea", "cy/dev.tsv is no UTF-8 text"),
        (b"name\tfile\nx\ty\n", "cy/dev.tsv has no column path and no client_id, only name, file"),
    ],
)
@pytest.mark.parametrize("clips", ["official", "validated"])
def test_a_table_that_cannot_be_read_costs_its_language_alone(tmp_path, common_voice, content, message, clips):
    release = common_voice()
    expected = [row for row in read(tmp_path, release, clips) if row.language == "zh-TW"]
    (release / "cy" / "dev.tsv").write_bytes(content)
    found = read(tmp_path, release, clips)
    (rejected,) = [row for row in found if isinstance(row, Rejection)]
    assert rejected.key == "cy" and message in rejected.detail
    assert [row for row in found if row.language == "zh-TW"] == expected
    if clips == "validated":
        assert {row.language for row in found if not isinstance(row, Rejection)} == {"zh-TW"}, "who is held out?"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_tables_of_windows_are_read(tmp_path, common_voice, encoding):
    release = common_voice()
    expected = read(tmp_path, release)
    for table in (release / "cy").glob("*.tsv"):
        table.write_bytes(table.read_text().replace("\n", "\r\n").encode(encoding))
    assert read(tmp_path, release) == expected


@pytest.mark.parametrize("clips", ["official", "validated"])
def test_a_row_that_names_no_clip_or_speaker_is_rejected_alone(tmp_path, common_voice, clips):
    release = common_voice()
    expected = len(read(tmp_path, release, clips))
    table = release / "cy" / {"official": "train.tsv", "validated": "validated.tsv"}[clips]
    rows = len(table.read_text().splitlines())
    with table.open("a") as file:
        file.write("z\n\tx.mp3\ta\n")
    found = read(tmp_path, release, clips)
    rejected = [row for row in found if isinstance(row, Rejection)]
    assert len(found) == expected + 2
    place = f"cy/{table.name}:{rows + 1}"
    assert rejected[0] == Rejection(place, "cy", "malformed", "no path")
    assert rejected[1].detail == "no client_id"


def test_a_delta_release_is_told_from_a_whole_one(tmp_path, common_voice):
    release = common_voice()
    for table in ("train", "dev", "test"):
        (release / "cy" / f"{table}.tsv").unlink()
    said, *found = read(tmp_path, release)
    assert said == "cy is skipped, it has no train.tsv, only validated.tsv; --clips validated reads delta releases"
    assert {row.language for row in found} == {"zh-TW"}
    assert {row.speaker[0] for row in read(tmp_path, release, "validated") if row.language == "cy"} == set("abecd")


def test_one_reader_of_tables_for_all(tmp_path, common_voice):
    """Quotation marks around a whole field are not part of it, as in manifests."""
    release = common_voice()
    for table in release.glob("*/train.tsv"):
        table.write_text(table.read_text().replace('"0 7 97 3', '"say ""hi"" now"'))
    assert read(tmp_path, release)[0].text == 'say "hi" now'
