import gzip
import json
import re

import pytest

from lfsc.audio.manifest import Malformed, Row, parse_row, read_manifest
from lfsc.audio.parts import WHOLE, Part
from lfsc.audio.recording import AudioInfo

ROWS = [
    {"path": "en/cat/c.wav", "language": "en", "text": 'said "hi", twice'},
    {"path": "de/ann/a.wav", "language": "de", "text": "line\u2028separator"},
]


def write_json(path):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n\n" for row in ROWS), encoding="utf-8")


def write_csv(path):
    lines = ["\ufeffpath,language,text", 'en/cat/c.wav,en,"said ""hi"", twice"', "de/ann/a.wav,de,line\u2028separator"]
    path.write_text("\r\n".join(lines), encoding="utf-8")


def write_tsv(path):
    table = [["path", "language", "text"], *([row[name] for name in row] for row in ROWS)]
    path.write_text("\n".join("\t".join(row) for row in table) + "\n", encoding="utf-8")


@pytest.mark.parametrize("write", [write_json, write_csv, write_tsv])
def test_three_notations_say_the_same(tmp_path, write):
    path = tmp_path / f"manifest.{write.__name__.removeprefix('write_').replace('json', 'jsonl')}"
    write(path)
    assert read_manifest(path) == [Row(row["path"], row["language"], text=row["text"]) for row in ROWS]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_csv_of_excel_is_read(tmp_path, encoding, separator):
    rows = ['"path";text;"language"', 'a.wav;"said ""hi"", twice, so";de', "b.wav;naïve, ja;"]
    content = "\r\n".join(rows).replace(";", separator)
    (tmp_path / "list.csv").write_bytes(content.encode(encoding))
    assert read_manifest(tmp_path / "list.csv") == [
        Row("a.wav", "de", text='said "hi", twice, so'),
        Row("b.wav", text="naïve, ja"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("m.jsonl", "{", "line 1: not JSON"),
        ("m.jsonl", '\n{"text": "a"}', "line 2: no 'path' or 'audio_filepath', only text"),
        ("m.jsonl", "[]", r"line 1: expected an object with 'path', found \[\]"),
        ("m.csv", "file,text\na,b\n", "line 2: no 'path' or 'audio_filepath', only file, text"),
        ("m.tsv", "path\ttext\na\tb\n\tc\n", "line 3: no 'path'"),
        ("m.csv", "path,text\na,b,c\n", "line 2: more fields than columns: 'c'"),
        ("m.txt", "path,text\n", r"line 1: not JSON .* name ends in \.csv or \.tsv"),
    ],
)
def test_bad_manifests_are_named_by_line(tmp_path, name, content, message):
    (tmp_path / name).write_text(content, encoding="utf-8", errors="surrogateescape")
    bad = [row for row in read_manifest(tmp_path / name) if isinstance(row, Malformed)]
    assert re.search(message, f"{bad[-1].place}: {bad[-1].reason}")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("m.csv", 'path,"text\na,b\n', "line 1: no row of .csv"),
        ("m.csv", "path,text\ra,b\r", r"line 1: no row of .csv \(a line ends with a carriage return alone"),
        ("m.jsonl", "\udcff", "expected text in UTF-8"),
    ],
)
def test_what_cannot_be_read_on_is_an_error(tmp_path, name, content, message):
    (tmp_path / name).write_text(content, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(ValueError, match=message):
        read_manifest(tmp_path / name)


@pytest.mark.parametrize("last", ["d,all\n", 'd,"all"\n', 'd,"he said ""all""\nof it"\n', 'd,"to end', ""])
def test_a_quotation_that_does_not_end_costs_a_csv_one_row(tmp_path, last):
    (tmp_path / "m.csv").write_text('path,text\na,"two\nlines"\n\nb,"to begin\nc,""\n' + last)
    first, broken, second, *rest = read_manifest(tmp_path / "m.csv")
    assert (first.text, second.path, second.text) == ("two\nlines", "c", None)
    assert broken.place.endswith("m.csv, line 5") and "a quotation must end" in broken.reason
    if last.endswith("\n"):
        (row,) = rest
        assert row.path == "d" and row.text.startswith(("all", "he said "))
    elif last:
        assert rest[0].place.endswith("m.csv, line 7")


def test_a_row_of_a_csv_that_cannot_be_read_costs_no_other(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text(f'path,text\na,"b"c\n\nb,{"x" * 200_000}\nc,\n')
    quoted, long, row = read_manifest(path)
    assert (quoted.place, long.place) == (f"{path}, line 2", f"{path}, line 4")
    assert quoted.reason.startswith("no row of .csv (',' expected after '\"': a quotation must end")
    assert long.reason == "no row of .csv (field larger than field limit (131072))"
    assert row == Row("c")


def test_segments_of_a_text_as_whisper_writes_them_choose_no_part():
    said = {
        "text": " Guten Tag. ",
        "segments": [{"id": 0, "start": 0.0, "end": 2.5, "text": " Guten Tag."}],
        "language": "de",
    }
    row = parse_row(said, path="a.mp3")
    assert (row.language, row.part) == ("de", WHOLE) and row.text.strip() == "Guten Tag."
    # As WhisperX writes them.
    said = {"segments": [{"start": 0.0, "end": 1.0, "text": " Guten Tag."}, {"start": 1.0, "text": " Ja."}, {"end": 2}]}
    assert parse_row(said, path="a.mp3") == Row("a.mp3", text="Guten Tag. Ja.")
    with pytest.raises(ValueError, match="'segments' is not read"):
        parse_row({"segments": [{"begin_time": 0.0, "end_time": 2.5}]}, path="a.mp3")


@pytest.mark.parametrize("name", [".", "/", "..", "a/..", "a\0.wav", "\ud83d.wav"])
def test_a_path_that_is_no_name_of_a_file_is_refused(name):
    with pytest.raises(ValueError, match=f"its path is {re.escape(repr(name))}, expected that of a recording"):
        parse_row({"path": name})


def test_quotation_marks_enclose_a_field_of_a_tsv_only_in_pairs(tmp_path):
    lines = ["path\ttext", 'a\t"said ""hi"", twice"', 'b\t"to begin', 'c\t"all" of it', "d"]
    (tmp_path / "m.tsv").write_text("\n".join(lines))
    texts = [row.text for row in read_manifest(tmp_path / "m.tsv")]
    assert texts == ['said "hi", twice', '"to begin', '"all" of it', None]


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({}, WHOLE),
        ({"offset": 1.5, "duration": 2.0}, Part(1.5, 2.0)),
        ({"offset": None, "duration": "", "channel": None}, WHOLE),
        ({"start": "0.5", "end": "2"}, Part(0.5, 1.5)),
        ({"start_time": 1, "end_time": 3, "duration": 2}, Part(1.0, 2.0)),
        ({"duration": 3.25}, Part(0.0, 3.25)),
        ({"channel": 1}, Part(channel=1)),
        ({"channel": "0"}, Part(channel=0)),
        ({"channel_selector": [2]}, Part(channel=2)),
        ({"channel_selector": "average"}, WHOLE),
    ],
)
def test_parts_are_understood_as_toolkits_write_them(fields, part):
    assert parse_row({"audio_filepath": "a.wav", **fields}) == Row("a.wav", part=part)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"offset": -1}, "'offset' is -1, expected seconds from 0 on"),
        ({"offset": "x"}, "'offset' is \"x\", expected seconds"),
        ({"duration": float("nan")}, "'duration' is NaN, expected seconds"),
        ({"duration": 1e308}, r"'duration' is 1e\+308, expected seconds"),
        ({"duration": True}, "'duration' is true, expected seconds"),
        ({"duration": [1]}, r"'duration' is \[1\], expected seconds"),
        ({"duration": 0}, "its part is 0 s long"),
        ({"start": 2, "end": 1}, "its part is -1 s long"),
        ({"start": 0, "end": 1, "duration": 5}, "'duration' is 5, but start and end are 1 s apart"),
        ({"start": 0, "offset": 1}, "'offset' and 'start' contradict each other"),
        ({"channel": -1}, "'channel' is -1, expected one channel"),
        ({"channel": [0, 1]}, r"'channel' is \[0, 1\], expected one channel"),
        ({"channel_selector": "left"}, "'channel_selector' is \"left\", expected one channel"),
        ({"start_ms": 100}, "'start_ms' is not read: give 'offset' and 'duration' in seconds"),
        ({"frame_offset": 0}, "'frame_offset' is not read"),
        ({"start_seconds": 1, "end_seconds": 2}, "'start_seconds' is not read"),
        ({"startTime": 0}, "'startTime' is not read"),
        ({"Offset": "1.5"}, "'Offset' is not read"),
        ({"clip_start": 1}, "'clip_start' is not read"),
        ({"language": 7}, "'language' is 7, expected text"),
        ({"speaker": ["a"]}, r"'speaker' is \[\"a\"\], expected text"),
        ({"speaker": False}, "'speaker' is false, expected text"),
        ({"text": "\ud83d"}, "'text' holds half a character"),
        ({"audio_filepath": 3}, "'audio_filepath' is 3, expected text"),
    ],
)
def test_fields_that_change_the_meaning_are_refused_by_name(fields, message):
    with pytest.raises(ValueError, match=message):
        parse_row({"audio_filepath": "a.wav", **fields})


def test_values_that_count_as_false_are_not_absent():
    assert [parse_row({"path": "a", "speaker": value}).speaker for value in (0, "", None)] == ["0", "", None]
    assert parse_row({"path": "a", "text": 0}).text == "0"


def test_fields_of_other_things_choose_no_part():
    row = {"path": "a", "start_date": "2024", "offset_id": 3, "beginner": True, "starting": "x", "segment": "S1"}
    assert parse_row(row | {"start_ms": None, "start_seconds": ""}) == Row("a")


def test_what_programs_write_where_there_is_no_name_is_none():
    assert [parse_row({"path": "a", "speaker": name}).speaker for name in ("nan", "None", "null", "Nan")] == [
        None,
        None,
        None,
        "Nan",
    ]


def test_what_pandas_makes_of_numbers_and_of_what_is_missing():
    nan = float("nan")
    assert parse_row({"path": "a", "speaker": 7.0, "text": nan, "language": nan}) == Row("a", speaker="7")
    assert parse_row({"path": "a", "speaker": nan, "speaker_id": 1}).speaker == "1"
    with pytest.raises(ValueError, match=r"'speaker' is 1\.5, expected text"):
        parse_row({"path": "a", "speaker": 1.5})


def test_an_empty_field_of_a_table_says_nothing(tmp_path):
    (tmp_path / "m.csv").write_text("path,speaker,offset\na,,\nb,0,0\n")
    assert read_manifest(tmp_path / "m.csv") == [Row("a"), Row("b", speaker="0")]


SOURCE = {"type": "file", "channels": [0], "source": "x.wav"}
RECORDING = {"id": "x", "sources": [SOURCE], "sampling_rate": 16000, "num_samples": 64000, "duration": 4.0}
SUPERVISION = {"id": "s", "recording_id": "x", "start": 0.0, "duration": 1.0, "text": "hi", "speaker": "7"}
CUT = {"id": "c", "start": 1.0, "duration": 1.0, "channel": 0, "supervisions": [SUPERVISION], "recording": RECORDING}


def test_recordings_and_cuts_of_lhotse():
    assert parse_row(dict(RECORDING)) == Row("x.wav")
    assert parse_row({**CUT, "type": "MonoCut"}) == Row("x.wav", None, "7", "hi", part=Part(1.0, 1.0, 0))
    libriheavy = {"speaker": "7", "custom": {"texts": ["Hi!", "HI"], "begin_byte": 9}}
    assert parse_row(CUT | {"supervisions": [libriheavy]}) == Row("x.wav", None, "7", "Hi!", part=Part(1.0, 1.0, 0))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (CUT | {"supervisions": [SUPERVISION, SUPERVISION]}, "'supervisions' does not have exactly one entry"),
        (RECORDING | {"sources": [SOURCE, SOURCE]}, "'sources' does not have exactly one source"),
        (
            RECORDING | {"sources": [SOURCE | {"type": "command", "source": "rm x"}]},
            "of type 'command', expected a file",
        ),
        (SUPERVISION, "no 'path' or 'audio_filepath', only id, recording_id"),
        (CUT | {"recording": RECORDING | {"transforms": [{"name": "Speed"}]}}, "'transforms' changes the recording"),
        ({"id": "m", "type": "MixedCut", "tracks": [{"cut": CUT}]}, "'tracks' mixes recordings"),
    ],
)
def test_what_lhotse_has_beyond_is_refused(row, message):
    with pytest.raises(ValueError, match=message):
        parse_row(dict(row))


@pytest.mark.parametrize(
    "fields",
    [
        {"audio_filepath": "a.wav", "lang": "de", "speaker": 7, "text": "ja"},
        {"path": "a.wav", "locale": "de", "client_id": "7", "sentence": "ja"},
        {"wav": "a.wav", "language": "de", "speaker_id": 7, "transcription": "ja"},
        {"audio": "a.wav", "lang": "DE", "speaker": "7", "text": "ja"},
        {"file_path": "a.wav", "lang": "de", "speaker": "7", "text": "ja"},
        {"audio_filepath": "a.wav", "source_lang": "de", "target_lang": "en", "speaker": "7", "normalized_text": "ja"},
    ],
)
def test_labels_are_understood_as_toolkits_and_corpora_call_them(fields):
    assert parse_row(dict(fields)) == Row("a.wav", "de", "7", "ja")


def test_a_list_may_be_compressed_or_one_array(tmp_path):
    expected = [Row(row["path"], row["language"], text=row["text"]) for row in ROWS]
    write_json(tmp_path / "m.jsonl")
    (tmp_path / "m.jsonl.gz").write_bytes(gzip.compress((tmp_path / "m.jsonl").read_bytes()))
    write_tsv(tmp_path / "m.tsv")
    (tmp_path / "n.tsv.gz").write_bytes(gzip.compress((tmp_path / "m.tsv").read_bytes()))
    (tmp_path / "m.json").write_text(json.dumps(ROWS, indent=2))
    (tmp_path / "one_line.json").write_text(json.dumps(ROWS))
    for name in ("m.jsonl.gz", "n.tsv.gz", "m.json", "one_line.json"):
        assert read_manifest(tmp_path / name) == expected
    (tmp_path / "m.json").write_text(json.dumps([*ROWS, 7], indent=2))
    assert read_manifest(tmp_path / "m.json")[-1].reason == "expected an object with 'path', found 7"
    (tmp_path / "m.json").write_text("[\n{},\n")
    with pytest.raises(ValueError, match=r"m\.json is no array of JSON"):
        read_manifest(tmp_path / "m.json")


def test_an_object_over_many_lines_lists_recordings_and_their_parts(tmp_path):
    audio = {
        "path": "a.opus", "aid": "a", "speaker": "N/A", "subsets": ["{XL}"], "title": "x ] } [",
        "segments": [
            {"sid": "1", "begin_time": 0.5, "end_time": 2.0, "text_tn": "YES {", "subsets": ["{DEV}"]},
            {"sid": "2", "begin_time": 2.0, "end_time": 3.0, "text_tn": "<MUSIC>"},
            {"sid": "3", "begin_time": 3.0, "end_time": 4.0, "text_tn": "NO", "speaker": "ann"},
        ],
    }  # fmt: skip
    whole = {"path": "b.opus", "segments": [], "text": "ja"}
    content = {"dataset": "x", "language": "EN", "audios": [audio, whole], "version": [1]}
    (tmp_path / "m.json").write_text(json.dumps(content, indent=2))
    first, music, last, other = read_manifest(tmp_path / "m.json")
    assert (first.path, first.language, first.speaker, first.text, first.part, first.split) == (
        "a.opus", "en", None, "YES {", Part(0.5, 1.5), "dev",
    )  # fmt: skip
    assert music == Malformed(f"{tmp_path}/m.json, line 5", "nobody speaks in it: <MUSIC>")
    assert (last.speaker, last.part, last.split) == ("ann", Part(3.0, 1.0), "xl")
    assert (other.path, other.text) == ("b.opus", "ja")


def test_a_manifest_may_be_one_object_in_one_line(tmp_path):
    content = {"language": "ZH", "audios": [{"path": "a.wav", "text": "ja"}, {"path": "b.wav", "text": "no"}]}
    (tmp_path / "m.json").write_text(json.dumps(content))
    assert [(row.path, row.language, row.text) for row in read_manifest(tmp_path / "m.json")] == [
        ("a.wav", "zh", "ja"), ("b.wav", "zh", "no"),
    ]  # fmt: skip


@pytest.mark.parametrize("end, message", [(60, "ends within its list"), (9, "one object of JSON without a list")])
def test_an_object_that_is_cut_off_is_told(tmp_path, end, message):
    (tmp_path / "m.json").write_text(json.dumps({"audios": [{"path": "a.wav", "text": "ja"}]}, indent=1)[:end])
    with pytest.raises(ValueError, match=message):
        read_manifest(tmp_path / "m.json")


def test_lists_of_fairseq_begin_with_a_folder(tmp_path):
    (tmp_path / "here.tsv").write_text(f"{tmp_path}\nx/a.flac\t16000\n")
    (tmp_path / "gone.tsv").write_text("/not/there\nx/a.flac\t16000\n")
    assert [row.path for name in ("here", "gone") for row in read_manifest(tmp_path / f"{name}.tsv")] == [
        f"{tmp_path}/x/a.flac", "x/a.flac",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["m.csv", "m.tsv", "m.txt.csv"])
def test_bars_may_set_fields_apart_in_which_quotation_marks_are_letters(tmp_path, name):
    (tmp_path / name).write_text('wav_filename|wav_filesize|transcript|client_id\na.wav|9|Er, "ja"|7\nb.wav|9\n')
    first, second = read_manifest(tmp_path / name)
    assert (first.path, first.text, first.speaker) == ("a.wav", 'Er, "ja"', "7")
    assert second.path == "b.wav"


def test_parts_of_a_recording_have_names_of_their_own():
    parts = [WHOLE, Part(1.5), Part(1.5, 2.0), Part(channel=1)]
    assert [Row("a/b.c.wav", part=part).name for part in parts] == [
        "a/b.c.wav",
        "a/b.c-1500.wav",
        "a/b.c-1500-2000.wav",
        "a/b.c-0-c1.wav",
    ]


INFO = AudioInfo(16000, 64000, 2, "WAV", "PCM_16")


@pytest.mark.parametrize(
    ("part", "samples"),
    [
        (WHOLE, (0, 64000)),
        (Part(1.0), (16000, 48000)),
        (Part(1.0, 2.0), (16000, 32000)),
        (Part(0.0, 3.99), (0, 64000)),
        (Part(0.0, 3.5), (0, 56000)),
        (Part(3.0, 1.05), (48000, 16000)),
        # A clip of a longer recording, in which it began there.
        (Part(9.0, 4.0), (0, 64000)),
        (Part(2.5, 3.93), (0, 64000)),
        (Part(0.01, 3.99), (160, 63840)),
    ],
)
def test_seconds_become_samples(part, samples):
    assert part.samples(INFO) == samples


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (Part(4.0), "its part begins at 4 s, the recording ends at 4.000 s"),
        (Part(1.0, 3.5), "its part ends at 4.5 s, the recording at 4.000 s"),
        (Part(9.0, 4.2), "its part begins at 9 s, the recording ends at 4.000 s"),
        (Part(channel=2), "no channel 2, the recording has 2, counted from 0"),
    ],
)
def test_a_part_that_is_not_there_is_told(part, message):
    with pytest.raises(ValueError, match=message):
        part.samples(INFO)
