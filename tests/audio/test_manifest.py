import json

import pytest

from lfsc.audio.manifest import manifest_rows

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
    assert manifest_rows(path) == [(row["path"], row) for row in ROWS]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("m.jsonl", "{", "line 1: not JSON"),
        ("m.jsonl", '\n{"text": "a"}', "line 2: no 'path' or 'audio_filepath', only text"),
        ("m.jsonl", "[]", r"line 1: expected an object with 'path', found \[\]"),
        ("m.csv", "file,text\na,b\n", "line 2: no 'path' or 'audio_filepath', only file, text"),
        ("m.tsv", "path\ttext\na\tb\n\tc\n", "line 3: no 'path'"),
        ("m.csv", "path,text\na,b,c\n", "line 2: more fields than columns: 'c'"),
        ("m.csv", 'path,text\na,"to begin\n', "after line 1: unexpected end of data"),
        ("m.txt", "path,text\n", r"line 1: not JSON .* name ends in \.csv or \.tsv"),
        ("m.jsonl", "\udcff", "expected text in UTF-8"),
    ],
)
def test_bad_manifests_are_named_by_line(tmp_path, name, content, message):
    (tmp_path / name).write_text(content, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(ValueError, match=message):
        manifest_rows(tmp_path / name)


def test_quotation_marks_enclose_a_field_of_a_tsv_only_in_pairs(tmp_path):
    lines = ["path\ttext", 'a\t"said ""hi"", twice"', 'b\t"to begin', 'c\t"all" of it', "d"]
    (tmp_path / "m.tsv").write_text("\n".join(lines))
    texts = [row["text"] for _, row in manifest_rows(tmp_path / "m.tsv")]
    assert texts == ['said "hi", twice', '"to begin', '"all" of it', None]
