import json

import pytest

from data_prep.corpora.folder import utterances


def read(source, manifest=None, language=None):
    return list(utterances(source / "scratch", sources=[source], manifest=manifest, language=language))


def people(found):
    return {(row.language, row.speaker) for row in found}


def test_folders_say_who_speaks_what(tmp_path, put):
    for name in ("de/anna/1.wav", "de/anna/more/2.FLAC", "de/bert/3.Mp3", "pt BR/ciro/4.opus", "pt BR/ciro/5.OGG"):
        put(name, b"")
    for name in ("de/anna/._1.wav", "de/anna/notes.txt", "de/cover.jpg"):
        put(name, b"")
    found = read(tmp_path)
    assert [row.source.path for row in found] == sorted(
        str(path) for path in tmp_path.rglob("*.*") if path.stem.isdigit()
    )
    assert people(found) == {("de", "anna"), ("de", "bert"), ("pt_BR", "ciro")}
    assert {row.split for row in found} == {None}


def test_fewer_folders_say_less(tmp_path, put):
    put("anna/1.wav", b"")
    put("2.wav", b"")
    assert people(read(tmp_path)) == {("und", "anna"), ("und", "unknown")}
    assert people(read(tmp_path, language="de")) == {("de", "anna"), ("de", "unknown")}


ROWS = [
    {"path": "x/1.wav", "language": "de", "speaker": "anna", "text": 'eins, "zwei"'},
    {"path": "fr/bert/2.wav", "language": "", "speaker": "", "text": ""},
]


def written(rows, separator):
    quoted = [['"' + row[name].replace('"', '""') + '"' for name in row] for row in rows]
    return "\n".join([separator.join(rows[0]), *(separator.join(row) for row in quoted)]) + "\n"


@pytest.mark.parametrize("kind", ["jsonl", "csv", "tsv"])
def test_a_manifest_says_more(tmp_path, put, kind):
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    content = lines if kind == "jsonl" else written(ROWS, "\t" if kind == "tsv" else ",")
    put("not listed.wav", b"")
    path = put(f"manifest.{kind}", "\ufeff" + content)
    for found in (read(tmp_path), read(tmp_path, manifest=path)):
        assert [(row.language, row.speaker, row.text) for row in found] == [
            ("de", "anna", 'eins, "zwei"'),
            ("fr", "bert", None),
        ]
        assert found[0].source.path == str(tmp_path / "x/1.wav")


def test_manifests_of_other_toolkits(tmp_path, put):
    put("manifest.jsonl", json.dumps({"audio_filepath": "/data/a.wav", "duration": 3.2}) + "\n")
    (found,) = read(tmp_path, language="de")
    assert (found.source.path, found.language) == ("/data/a.wav", "de")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not JSON"),
        ('["a"]', "expected an object with 'path', found [\"a\"]"),
        ('{"file": 1}', "no 'path' or 'audio_filepath', only file"),
        ("{}", "no 'path' or 'audio_filepath', only nothing"),
    ],
)
def test_a_bad_row_of_a_manifest_is_rejected_alone(tmp_path, put, content, message):
    put("manifest.jsonl", f'{{"path": "a.wav"}}\n{content}\n{{"path": "b.wav"}}\n')
    first, bad, last = read(tmp_path)
    assert (first.key, last.key) == ("a", "b")
    assert (bad.key, bad.reason) == ("manifest.jsonl, line 2", "malformed")
    assert bad.detail.startswith(message)


@pytest.mark.parametrize(("kind", "separator"), [("csv", ","), ("tsv", "\t")])
def test_a_row_with_more_fields_than_columns_is_rejected_alone(tmp_path, put, kind, separator):
    rows = [
        ("path", "text", "language"),
        ("a.wav", "well", "then", "de"),
        ("b.wav", "so", "de", ""),
        ("c.wav", "short"),
    ]
    put(f"manifest.{kind}", "".join(separator.join(row) + "\n" for row in rows))
    bad, padded, short = read(tmp_path)
    assert (bad.key, bad.reason) == (f"manifest.{kind}, line 2", "malformed")
    assert bad.detail == "more fields than columns: 'de'"
    assert [(row.key, row.text, row.language) for row in (padded, short)] == [("b", "so", "de"), ("c", "short", "und")]


def test_quotation_marks_in_a_tsv_quote_nothing(tmp_path, put):
    put("manifest.tsv", 'path\tspeaker\ttext\na.wav\ts\t"to begin\nb.wav\ts\t"all" of it\n')
    assert [row.text for row in read(tmp_path)] == ['"to begin', '"all" of it']


def test_a_quotation_that_never_ends_in_a_csv_is_an_error(tmp_path, put):
    put("manifest.csv", 'path,text\na.wav,"to begin\nb.wav,all\n')
    with pytest.raises(ValueError, match=r"manifest.csv, after line 1: unexpected end of data"):
        read(tmp_path)


def test_several_sources_may_have_the_same_names(tmp_path, put):
    sources = [put(f"{disc}/de/s/a.wav", b"").parents[2] for disc in ("one", "two")]
    found = list(utterances(tmp_path / "scratch", sources=sources, manifest=None, language=None))
    assert len({row.key for row in found}) == 2


def test_names_in_other_scripts_stay_apart(tmp_path, put):
    for speaker in ("話者一", "話者二", "Müller", "Möller"):
        put(f"in/日本/{speaker}/a.wav", b"")
    put("in/中国/a/a.wav", b"")
    found = read(tmp_path / "in")
    assert len({row.speaker for row in found}) == 5
    assert len({row.language for row in found}) == 2


def test_nothing_to_read(tmp_path):
    with pytest.raises(ValueError, match=r"holds no \.wav, "):
        read(tmp_path)
    with pytest.raises(ValueError, match="is not there"):
        read(tmp_path, manifest=tmp_path / "gone.csv")
