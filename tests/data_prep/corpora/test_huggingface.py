"""Miniatures of data sets of the Hugging Face hub, made by pyarrow as the library datasets lays them out."""

import io
import json
import pickle
import subprocess
import sys

import numpy
import pytest
import soundfile
from torch_archives import trap

from data_prep.corpora.huggingface import utterances
from data_prep.corpora.utterance import Rejection

pytest.importorskip("datasets", reason="the library datasets is not installed: pip install 'lfsc[datasets]'")

AUDIO = {"_type": "Audio", "sampling_rate": 16000}


def wav(seed: int) -> bytes:
    content = io.BytesIO()
    noise = 0.1 * numpy.random.default_rng(seed).standard_normal(16000)
    soundfile.write(content, noise, 16000, format="WAV")
    return content.getvalue()


def table(count: int, *, seed: int = 0, **columns):
    """Rows with the column audio, and others, as the hub's parquet has them: a type each, and its kind for datasets."""
    import pyarrow

    cells = [{"bytes": wav(seed + number), "path": f"{number}.wav"} for number in range(count)]
    values = {"audio": cells} | {name: content for name, (content, _) in columns.items()}
    kinds = {"audio": AUDIO} | {name: kind for name, (_, kind) in columns.items() if kind}
    made = pyarrow.Table.from_pydict(values)
    return made.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": kinds}})})


def text(*values):
    return list(values), {"_type": "Value", "dtype": "string"}


def numbers(*values):
    return list(values), {"_type": "Value", "dtype": "int64"}


def speakers(*values, names=("ann", "ben")):
    return list(values), {"_type": "ClassLabel", "names": list(names)}


def put_parquet(path, made):
    import pyarrow.parquet

    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(made, path)


def put_arrow(path, made):
    import pyarrow

    path.parent.mkdir(parents=True, exist_ok=True)
    with pyarrow.OSFile(str(path), "wb") as file, pyarrow.ipc.new_stream(file, made.schema) as stream:
        stream.write_table(made)


def read(*sources, config=None, splits=None, column=None, revision=None, language=None):
    given = {"config": config, "splits": splits, "column": column, "revision": revision, "language": language}
    items = list(utterances(sources[0].parent / "scratch", sources=list(sources), **given))
    return [item for item in items if not isinstance(item, str)], [item for item in items if isinstance(item, str)]


def essence(found):
    return [(row.language, row.speaker, row.text, row.split) for row in found]


ROWS = {
    "text": text("ja", "nein"),
    "speaker_id": speakers(0, 1),
    "language": text("de", "fr"),
    "start": numbers(90, 95),
}


@pytest.mark.parametrize("layout", ["parquet", "arrow", "saved"])
def test_audio_and_labels_of_every_layout(tmp_path, layout):
    folder = tmp_path / "set"
    for split, seed in (("train", 0), ("validation", 10), ("test", 20)):
        made = table(2, seed=seed, **ROWS)
        if layout == "parquet":
            put_parquet(folder / f"data/{split}-00000-of-00001.parquet", made)
        elif layout == "arrow":
            put_arrow(folder / f"{split}-00000-of-00001.arrow", made)
        else:
            put_arrow(folder / f"{split}/data-00000-of-00001.arrow", made)
            (folder / "dataset_dict.json").write_text(json.dumps({"splits": ["train", "validation", "test"]}))
    found, said = read(folder)
    assert essence(found) == [
        ("de", "ann", "ja", "train"), ("fr", "ben", "nein", "train"),
        ("de", "ann", "ja", "val"), ("fr", "ben", "nein", "val"),
    ]  # fmt: skip
    assert [row.source.open() for row in found] == [wav(0), wav(1), wav(10), wav(11)]
    # What other columns say of a longer recording is not of this one.
    assert {(row.part.start, row.part.seconds) for row in found} == {(0.0, None)}
    assert [row.key for row in found[:2]] == ["train-0000000", "train-0000001"]
    assert said[0] == "splits that are not read: test (--split chooses)"
    assert said[1] == (
        "understood as a data set of 2 splits (train, validation): audio in audio, labels in text, speaker_id, language"
    )
    (chosen, _) = read(folder, splits=["test"])
    assert essence(chosen)[0] == ("de", "ann", "ja", None)
    with pytest.raises(ValueError, match=r"has no split dev, only .*train"):
        read(folder, splits=["dev"])


def test_configurations_may_be_languages(tmp_path):
    folder = tmp_path / "set"
    for config in ("de_de", "fr_fr"):
        put_parquet(folder / config / "train-00000-of-00001.parquet", table(1, transcription=text(config)))
    configs = "".join(
        f"  - config_name: {config}\n    data_files:\n    - split: train\n      path: {config}/train-*\n"
        for config in ("de_de", "fr_fr")
    )
    (folder / "README.md").write_text(f"---\nconfigs:\n{configs}---\n")
    assert essence(read(folder, config="fr_fr")[0]) == [("fr_fr", "unknown", "fr_fr", None)]
    with pytest.raises(ValueError, match=r"cannot be read as a data set.*de_de"):
        read(folder)


def test_bad_rows_and_files_are_rejected_alone(tmp_path):
    folder = tmp_path / "set"
    made = table(4, text=text("a", "b", "c", "d"))
    cells = made.column("audio").to_pylist()
    cells[0] = None
    cells[1] = {"bytes": None, "path": "https://example.org/a.wav"}
    cells[2] = {"bytes": None, "path": "beside.wav"}
    made = made.set_column(0, "audio", [cells])
    put_parquet(folder / "train-00000-of-00003.parquet", made)
    put_parquet(folder / "train-00002-of-00003.parquet", table(1, text=text("last")))
    (folder / "train-00001-of-00003.parquet").write_bytes(b"PAR1" + b"junk" * 1000 + b"PAR1")
    found, _ = read(folder, language="de")
    assert [row.text for row in found if not isinstance(row, Rejection)] == ["c", "d", "last"]
    assert found[2].source.path == str(folder / "beside.wav")
    first, second, file = [row for row in found if isinstance(row, Rejection)]
    assert (first.key, first.detail) == ("train-0000000", "no audio in this row")
    assert second.detail.startswith("its audio is elsewhere (https://example.org/a.wav)")
    assert file.key.endswith("train-00001-of-00003.parquet")


@pytest.mark.parametrize(
    ("columns", "column", "message"),
    [
        ({"text": text("a")}, "text", r"column 'text' of .*\.parquet is no audio but string; there are audio \("),
        ({"text": text("a")}, "sound", r"\.parquet has no column 'sound', only audio \("),
        ({"other": ([{"bytes": b"", "path": ""}], AUDIO)}, None, r"has 2 columns of audio among .*: name it with"),
    ],
)  # fmt: skip
def test_columns_that_hold_no_audio_are_told(tmp_path, columns, column, message):
    put_parquet(tmp_path / "set/train-00000-of-00001.parquet", table(1, **columns))
    with pytest.raises(ValueError, match=message):
        read(tmp_path / "set", column=column)


def test_a_data_set_without_audio_is_told(tmp_path):
    put_parquet(tmp_path / "set/train.parquet", table(1, text=text("a")).drop_columns(["audio"]))
    with pytest.raises(ValueError, match=r"has no column of audio among text \(string\): name it with --column"):
        read(tmp_path / "set")


def test_folders_around_files_name_their_language(tmp_path):
    for folder, seed in (("hindi", 0), ("data/ta", 10)):
        put_parquet(tmp_path / f"de/set/{folder}/train-00000-of-00001.parquet", table(1, seed=seed))
    assert sorted(row.language for row in read(tmp_path / "de/set")[0]) == ["hindi", "ta"]
    put_parquet(tmp_path / "de/set/hindi/train-00000-of-00001.parquet", table(1, language=text("ur")))
    assert sorted(row.language for row in read(tmp_path / "de/set", language="en")[0]) == ["ta", "ur"]


@pytest.mark.parametrize("fields", [{}, {"path": "a.wav"}])
def test_bytes_may_be_large_and_without_a_path(tmp_path, fields):
    import pyarrow

    kind = pyarrow.struct({"bytes": pyarrow.large_binary()} | dict.fromkeys(fields, pyarrow.large_string()))
    cells = pyarrow.array([{"bytes": wav(0)} | fields], kind)
    put_parquet(tmp_path / "set/train.parquet", pyarrow.table({"audio": cells, "flac": pyarrow.array([wav(1)])}))
    for column, seed in ((None, 0), ("flac", 1)):
        (found,) = read(tmp_path / "set", column=column)[0]
        assert found.source.open() == wav(seed)


def test_bytes_without_a_kind_are_audio_where_they_are_named(tmp_path):
    import pyarrow

    put_parquet(tmp_path / "set/train.parquet", pyarrow.table({"flac": [wav(0)], "speaker": ["x"]}))
    (found,) = read(tmp_path / "set", column="flac")[0]
    assert (found.source.open(), found.speaker) == (wav(0), "x")


def test_a_label_without_a_name_says_nothing(tmp_path):
    put_parquet(tmp_path / "set/train.parquet", table(3, speaker=speakers(0, -1, None)))
    assert [row.speaker for row in read(tmp_path / "set")[0]] == ["ann", "unknown", "unknown"]


SCRIPT = "import pathlib; pathlib.Path({trace!r}).touch()\n"


@pytest.mark.parametrize("name", ["set.py", "loader.py", "dataset.py"])
def test_a_script_in_a_data_set_is_not_run(tmp_path, name):
    trace = tmp_path / "trace"
    put_parquet(tmp_path / "set/train.parquet", table(1))
    (tmp_path / "set" / name).write_text(SCRIPT.format(trace=str(trace)))
    try:
        read(tmp_path / "set")
    except ValueError as error:
        assert "Dataset scripts are no longer supported" in str(error)
    assert not trace.exists()


def test_a_label_that_is_none_costs_one_row(tmp_path):
    put_parquet(tmp_path / "set/a.parquet", table(3, speaker=speakers(0, 9, 1)))
    found, _ = read(tmp_path / "set")
    assert [isinstance(item, Rejection) for item in found] == [False, True, False]
    assert found[1].detail == "Invalid integer class label 9"


def test_bytes_in_the_place_of_a_text_cost_their_rows(tmp_path):
    put_parquet(tmp_path / "set/a.parquet", table(2, text=([b"x", None], None)))
    found, _ = read(tmp_path / "set")
    assert found[0].detail == "'text' is \"b'x'\", expected text" and found[1].text is None


@pytest.mark.parametrize("head", ["configs: [5]", "a: !!python/object/apply:os.system ['true']", "configs: [{"])
def test_a_description_that_is_none_is_one_line(tmp_path, head):
    put_parquet(tmp_path / "set/a.parquet", table(1))
    (tmp_path / "set/README.md").write_text(f"---\n{head}\n---\n")
    with pytest.raises(ValueError, match="set cannot be read as a data set: "):
        read(tmp_path / "set")


def test_a_kind_that_datasets_does_not_have_is_told_with_its_file(tmp_path):
    put_parquet(tmp_path / "set/a.parquet", table(1, text=(["a"], {"_type": "os.system"})))
    with pytest.raises(ValueError, match=r"a.parquet cannot be read: Feature type 'os.system' not found"):
        read(tmp_path / "set")


def test_pickles_are_not_read(tmp_path):
    trace = tmp_path / "trace"
    (tmp_path / "set").mkdir()
    (tmp_path / "set/train.pkl").write_bytes(pickle.dumps(trap(trace)))
    with pytest.raises(ValueError, match="cannot be read as a data set"):
        read(tmp_path / "set")
    (tmp_path / "set/README.md").write_text(
        "---\nconfigs:\n- config_name: default\n  builder_name: pandas\n  data_files: train.pkl\n---\n"
    )
    with pytest.raises(ValueError, match=r"data set|no parquet or arrow"):
        read(tmp_path / "set")
    assert not trace.exists()


@pytest.mark.parametrize("place", ["../outside.parquet", "https://example.org/a.parquet"])
def test_files_elsewhere_are_not_read(tmp_path, place):
    put_parquet(tmp_path / "outside.parquet", table(1))
    put_parquet(tmp_path / "set/train.parquet", table(1))
    (tmp_path / "set/README.md").write_text(
        f"---\nconfigs:\n- config_name: default\n  data_files:\n  - split: train\n    path: {place}\n---\n"
    )
    with pytest.raises(ValueError, match=r"names a file elsewhere|cannot be read as a data set"):
        read(tmp_path / "set")


def test_links_out_of_a_saved_data_set_are_not_followed(tmp_path):
    put_arrow(tmp_path / "outside.arrow", table(1))
    (tmp_path / "set").mkdir()
    (tmp_path / "set/state.json").write_text("{}")
    (tmp_path / "set/data-00000-of-00001.arrow").symlink_to(tmp_path / "outside.arrow")
    with pytest.raises(ValueError, match="names a file elsewhere, which is not read"):
        read(tmp_path / "set")


def test_other_kinds_are_refused_by_name(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set/train.jsonl").write_text('{"text": "a"}\n')
    with pytest.raises(ValueError, match=r"holds no parquet or arrow files \(but json\)"):
        read(tmp_path / "set")


def test_without_a_network_a_name_is_told_in_one_line(tmp_path):
    code = (
        "import sys; from data_prep.__main__ import main; "
        f"sys.exit(main(['huggingface', 'owner/name', {str(tmp_path / 'out')!r}, '--workers', '0']))"
    )
    offline = {"HF_HUB_OFFLINE": "1", "PYTHONPATH": ":".join(sys.path), "HF_HOME": str(tmp_path)}
    found = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, env=offline)
    (line,) = found.stderr.strip().splitlines()
    assert found.returncode == 2
    assert line.startswith("error: owner/name is no folder here, and nothing came from the hub (")
    assert "give the folder" in line


def test_a_data_set_becomes_shards(tmp_path, prepare):
    for split, seed, count in (("train", 0, 6), ("validation", 10, 2)):
        rows = {"text": text(*map(str, range(count))), "speaker": text(*[split] * count)}
        put_parquet(tmp_path / f"set/{split}-00000-of-00001.parquet", table(count, seed=seed, **rows))
    done = prepare("huggingface", tmp_path / "set", tmp_path / "out", "--language", "en")
    samples = {entry["split"]: entry["samples"] for entry in done["index"]["datasets"]}
    assert samples == {"train": 6, "val": 2}
    assert done["index"]["datasets"][0]["corpus"] == "set"
