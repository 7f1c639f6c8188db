"""Corpora that somebody prepared to harm whoever opens them: nothing in them runs, whatever command opens them."""

import io
import json
import pickle
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy
import pytest
import yaml
from torch_archives import trap

from data_prep.__main__ import main as data_prep
from lfsc.cli import main

CAPTIONS = {"__module__": "megatron.energon", "__class__": "CaptioningWebdataset"}
LANGUAGE = "one/en"


@pytest.fixture
def trace(tmp_path) -> Path:
    """What hostile code makes."""
    return tmp_path / "trace"


@pytest.fixture
def corpus(noise_corpus, tmp_path, trace, monkeypatch) -> Path:
    """A corpus of our own to spoil, whose modules can be imported, with all the code that its files may name."""
    folder = shutil.copytree(noise_corpus, tmp_path / "corpus")
    code = f"open({str(trace)!r}, 'w').close()\ndef load(x): return x\ndef keep(x): return True\nclass X: pass\n"
    for place in (folder, folder / LANGUAGE / ".nv-meta", folder / "two/de/.nv-meta"):
        (place / "evil_mod.py").write_text(code)
    for name in ("one", "two"):
        (folder / name / "rejected.jsonl").touch()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "evil_mod", raising=False)
    return folder


def dataset_yaml(corpus: Path, trace: Path, content: dict) -> None:
    for place in (LANGUAGE, "two/de"):
        (corpus / place / ".nv-meta/dataset.yaml").write_text(yaml.safe_dump(content))


def popen(corpus: Path, trace: Path) -> dict:
    return {"__module__": "subprocess", "__function__": "check_call", "args": ["touch", str(trace)]}


def sample_loader(corpus, trace):
    dataset_yaml(corpus, trace, CAPTIONS | {"sample_loader": "evil_mod.py:load", "part_filter": ["flac"]})


def part_filter(corpus, trace):
    loader = {"__module__": "evil_mod", "__function__": "load"}
    dataset_yaml(corpus, trace, CAPTIONS | {"sample_loader": loader, "part_filter": "evil_mod.py:keep"})


def module(corpus, trace):
    dataset_yaml(corpus, trace, {"__module__": "evil_mod", "__class__": "X"})


def subflavors(corpus, trace):
    crude = {"__module__": "megatron.energon", "__class__": "CrudeWebdataset"}
    dataset_yaml(corpus, trace, crude | {"subflavors": popen(corpus, trace), "part_filter": "evil_mod.py:keep"})


def field_map(corpus, trace):
    mapped = {"image": "evil_mod.py", "caption": "json[evil_mod]"}
    dataset_yaml(corpus, trace, {"__module__": "evil_mod", "__class__": "X", "field_map": mapped})


def large(corpus, trace):
    for place in (LANGUAGE, "two/de"):
        (corpus / place / ".nv-meta/dataset.yaml").write_bytes(b"#" * (1 << 20))


def objects(corpus, trace):
    (corpus / LANGUAGE / ".nv-meta/dataset.yaml").write_text("!!python/object/apply:os.system ['touch trace']")


def link(corpus, trace):
    path = corpus / "two/de/.nv-meta/dataset.yaml"
    path.rename(corpus.parent / "dataset.yaml")
    path.symlink_to(corpus.parent / "dataset.yaml")


def folder(corpus, trace):
    path = corpus / LANGUAGE / ".nv-meta/dataset.yaml"
    path.unlink()
    path.mkdir()


def metadataset(corpus, trace):
    for split in ("train", "val"):
        (corpus / f"{split}.yaml").write_text(yaml.safe_dump({"__module__": "evil_mod", "__class__": "X"}))


def elsewhere(corpus, trace):
    """A metadataset of another folder, by a relative and by an absolute path, whose own files name code."""
    other = shutil.copytree(corpus / LANGUAGE, corpus.parent / "other")
    loader = CAPTIONS | {"sample_loader": "evil_mod.py:load", "part_filter": ["flac"]}
    (other / ".nv-meta/dataset.yaml").write_text(yaml.safe_dump(loader))
    blend = [{"weight": 1, "path": "../other"}, {"weight": 1, "path": str(other), "aux": {"x": "../other"}}]
    for split in ("train", "val"):
        content = {"__module__": "megatron.energon", "__class__": "MetadatasetV2", "splits": {split: {"blend": blend}}}
        (corpus / f"{split}.yaml").write_text(yaml.safe_dump(content))


def other_files(corpus, trace):
    """What else energon keeps: damaged, or naming shards that lie elsewhere."""
    for place in (LANGUAGE, "two/de"):
        meta = corpus / place / ".nv-meta"
        (meta / "index.sqlite").write_bytes(pickle.dumps(trap(trace)))
        (meta / "index.uuid").write_bytes(pickle.dumps(trap(trace)))
        (meta / ".info.yaml").write_text("!!python/object/apply:os.system ['touch trace']")
        (meta / ".info.json").write_text(json.dumps({"shard_counts": {"../../../etc/passwd": 3}}))
        (meta / "split.yaml").write_text(yaml.safe_dump({"split_parts": {"train": ["/etc/passwd", "pipe:touch x"]}}))


# What a dataset may not tell energon that it is, and files that only energon would read, and run.
KINDS = [sample_loader, part_filter, module, subflavors, field_map, large, objects, link, folder]
# All of them in a folder and, as it is the same reader, these in object storage; the others where there is time.
STORED_KINDS = [
    module,
    large,
    objects,
    *(pytest.param(kind, marks=pytest.mark.slow) for kind in KINDS if kind not in (module, large, objects)),
]
ENERGON = [metadataset, elsewhere, other_files]


def members(corpus, trace):
    """In every clip more files, of the kinds that webdataset's decoders unpickle."""
    bad = pickle.dumps(trap(trace))
    array = io.BytesIO()
    numpy.save(array, numpy.array([trap(trace)], dtype=object), allow_pickle=True)
    more = {kind: bad for kind in ("pyd", "pkl", "pickle", "pth", "pt", "cls", "flac.pyd")} | {"npy": array.getvalue()}
    index = json.loads((corpus / "index.json").read_text())
    for dataset in index["datasets"]:
        for shard in dataset["shards"]:
            path = corpus / dataset["path"] / shard["name"]
            add(path, more)
            shard["bytes"] = path.stat().st_size
    (corpus / "index.json").write_text(json.dumps(index))


def add(path: Path, more: dict[str, bytes]) -> None:
    """Put more files into every clip of a shard, and where the clips begin into its index."""
    with tarfile.open(path) as tar:
        files = {member.name: tar.extractfile(member).read() for member in tar}
    starts, last = [], None
    with tarfile.open(path, "w") as tar:
        for name, content in files.items():
            key = name.partition(".")[0]
            extra = {f"{key}.{kind}": data for kind, data in more.items()} if key != last else {}
            starts += [tar.offset] if key != last else []
            last = key
            for member, data in (*extra.items(), (name, content)):
                entry = tarfile.TarInfo(member)
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
        end = tar.offset
    path.with_suffix(".tar.idx").write_bytes(numpy.array([*starts, end], dtype="<u8").tobytes())


def path_in_index(value):
    def spoil(corpus, trace):
        edit(corpus, lambda dataset: dataset.update(path=value.format(corpus=corpus)))

    spoil.__name__ = f"path {value}"
    return spoil


def name_in_index(value):
    def spoil(corpus, trace):
        edit(corpus, lambda dataset: dataset["shards"][0].update(name=value.format(trace=trace)))

    spoil.__name__ = f"name {value}"
    return spoil


def edit(corpus: Path, change) -> None:
    index = json.loads((corpus / "index.json").read_text())
    for dataset in index["datasets"]:
        change(dataset)
    (corpus / "index.json").write_text(json.dumps(index))


def linked(name: str):
    def spoil(corpus, trace):
        outside = corpus.parent / "outside"
        shutil.move(corpus / name, outside)
        (corpus / name).symlink_to(outside)

    spoil.__name__ = f"link {name}"
    return spoil


NAMES = [
    *map(
        path_in_index, ("../corpus/one/en", "{corpus}/one/en", "http://localhost/x", "msc://other/x", "one/../one/en")
    ),
    *map(name_in_index, ("../en/train-00000.tar", "pipe:touch {trace}", "/dev/zero", "http://localhost/x.tar", "a.py")),
]
LINKS = [*map(linked, ("index.json", "one", "one/en", "one/en/val-00000.tar", "one/en/train-00000.tar"))]


# The last line, and no traceback above it; tokenize does not follow links to folders, and finds nothing there.
REFUSED = re.compile(
    r"^(?!.*Traceback).*(it names |leads out of |shards that its index names are missing)[^\n]*\n$", re.S
)
REFUSED_KIND = re.compile(r"^(?!.*Traceback)(.*\n)?[^\n]*dataset\.yaml[^\n]*\n$", re.S)


@pytest.fixture(scope="module")
def codec(write_checkpoint, tmp_path_factory) -> str:
    return str(write_checkpoint(tmp_path_factory.mktemp("codec") / "codec.ckpt"))


@pytest.fixture
def run(micro, tmp_path, codec):
    """A function that runs a command over a corpus and returns its exit status."""

    def command(verb: str, corpus: Path | str) -> int:
        out = str(tmp_path / f"out-{verb}")
        short = (
            "max_updates=1",
            "validate_every=1",
            "batch_size=2",
            "trainer=cpu",
            "num_audio_samples=0",
            f"runs_root={out}",
        )
        return {
            "train": lambda: main(["train", str(micro.RECIPE), f"data.path={corpus}", *short]),
            "tokenize": lambda: main(["tokenize", str(corpus), out, "--codec", codec, "--workers", "1"]),
            "detokenize": lambda: main(["detokenize", str(corpus), out, "--codec", codec, "--workers", "1"]),
            "evaluate": lambda: main(
                ["evaluate", "--codec", "identity", "--data", str(corpus), "--out", out, "--workers", "0", "--limit=2"]
            ),
            "info": lambda: main(["info", str(corpus)]),
            "verify": lambda: data_prep(["verify", str(corpus), "--workers", "0"]),
            "report": lambda: data_prep(["report", str(corpus), "--workers", "0"]),
        }[verb]()

    return command


VERBS = ["train", "tokenize", "detokenize", "evaluate", "info", "verify", "report"]


def named(spoil) -> str:
    return spoil.__name__


OPEN_WITH_ENERGON = """
import sys
sys.path.insert(0, sys.argv[1])
from megatron.energon import WorkerConfig
from megatron.energon.metadataset import load_dataset
load_dataset(sys.argv[1] + "/train.yaml").get_datasets(
    training=True, split_part="train", worker_config=WorkerConfig(rank=0, world_size=1, num_workers=0)
)
"""


@pytest.mark.slow
@pytest.mark.parametrize("spoil", [sample_loader, part_filter, module, metadataset, elsewhere], ids=named)
def test_energon_itself_runs_what_such_a_corpus_names(corpus, trace, spoil):
    spoil(corpus, trace)
    subprocess.run([sys.executable, "-c", OPEN_WITH_ENERGON, str(corpus)], capture_output=True, timeout=120)
    assert trace.exists(), "the tests below could not fail"


NOTED: list[str] = []
sys.addaudithook(
    lambda event, arguments: NOTED.append(str(arguments[0])) if event in ("open", "sqlite3.connect") else None
)
OF_ENERGON = re.compile(r"/((train|val)\.yaml|\.nv-meta/(?!dataset\.yaml).*|\.nv-meta)$")


@pytest.mark.parametrize("verb", ["train", "tokenize", "evaluate", "info", "report"])
def test_what_is_meant_for_energon_is_not_opened_and_changes_nothing(corpus, trace, run, verb):
    for spoil in ENERGON:
        spoil(corpus, trace)
    NOTED.clear()
    assert run(verb, corpus) == 0
    opened = {path for path in NOTED if path.startswith(str(corpus))}
    assert str(corpus / "index.json") in opened
    assert [path for path in opened if OF_ENERGON.search(path)] == []
    assert not trace.exists()


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("spoil", KINDS, ids=named)
def test_a_dataset_that_is_more_than_its_clips_is_refused_in_one_line(corpus, trace, run, verb, spoil, capsys):
    spoil(corpus, trace)
    assert run(verb, corpus) in (1, 2)
    assert REFUSED_KIND.search(capsys.readouterr().err)
    assert not (corpus.parent / f"out-{verb}/index.json").exists()
    assert not trace.exists()


@pytest.mark.parametrize("verb", ["train", "tokenize", "evaluate", "info", "report"])
def test_a_dataset_that_does_not_say_what_it_is_is_read(corpus, run, verb):
    for place in (LANGUAGE, "two/de"):
        shutil.rmtree(corpus / place / ".nv-meta")
    assert run(verb, corpus) == 0


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("spoil", [*NAMES, *LINKS], ids=named)
def test_what_leads_out_of_the_corpus_is_refused_in_one_line(corpus, trace, run, verb, spoil, capsys):
    spoil(corpus, trace)
    assert run(verb, corpus) in (1, 2)
    assert REFUSED.search(capsys.readouterr().err)
    assert not trace.exists()


@pytest.mark.parametrize("verb", ["train", "tokenize", "evaluate", "info", "verify"])
def test_no_file_in_a_clip_is_unpickled(corpus, trace, run, verb, capsys):
    members(corpus, trace)
    assert run(verb, corpus) == (verb == "verify")
    assert not trace.exists()
    if verb == "verify":
        assert "'a0.pyd' is neither a flac nor a json file" in capsys.readouterr().out


def test_tokens_that_are_a_program_are_refused(tmp_path, trace, run, capsys):
    array = io.BytesIO()
    numpy.save(array, numpy.array([[trap(trace)]], dtype=object), allow_pickle=True)
    parts = {"npy": array.getvalue(), "json": b'{"num_samples": 1, "codec": "0123456789abcdef"}'}
    (tmp_path / "tokens").mkdir()
    with tarfile.open(tmp_path / "tokens/a.tar", "w") as tar:
        for kind, data in parts.items():
            entry = tarfile.TarInfo(f"clip.{kind}")
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    assert run("detokenize", tmp_path / "tokens") == 1
    assert "expected whole numbers [codebooks, frames]" in capsys.readouterr().err
    assert not trace.exists()
    array.seek(0)
    numpy.load(array, allow_pickle=True)
    assert trace.exists(), "the trap itself works"


@pytest.fixture
def stored(corpus, tmp_path, monkeypatch) -> str:
    """The corpus behind a profile of object storage."""
    profile = {"storage_provider": {"type": "file", "options": {"base_path": str(corpus)}}}
    (tmp_path / "msc.yaml").write_text(yaml.safe_dump({"profiles": {"store": profile}}))
    monkeypatch.setenv("MSC_CONFIG", str(tmp_path / "msc.yaml"))
    monkeypatch.setattr("multistorageclient.shortcuts._STORAGE_CLIENT_CACHE", {})
    return "msc://store"


def test_in_object_storage_nothing_is_run_either(corpus, stored, trace, run):
    for spoil in ENERGON:
        spoil(corpus, trace)
    NOTED.clear()
    assert run("train", stored) == 0
    assert [path for path in NOTED if path.startswith(str(corpus)) and OF_ENERGON.search(path)] == []
    assert not trace.exists()


@pytest.mark.parametrize("spoil", STORED_KINDS, ids=named)
def test_in_object_storage_such_a_dataset_is_refused_too(corpus, stored, trace, run, spoil, capsys):
    spoil(corpus, trace)
    assert run("train", stored) == 2
    assert REFUSED_KIND.search(capsys.readouterr().err)
    assert not trace.exists()


@pytest.mark.slow
@pytest.mark.parametrize("spoil", [*NAMES, *LINKS], ids=named)
def test_in_object_storage_what_leads_out_is_refused_too(corpus, stored, trace, run, spoil, capsys):
    spoil(corpus, trace)
    assert run("train", stored) == 2
    assert REFUSED.search(capsys.readouterr().err)
    assert not trace.exists()


def test_settings_beside_a_corpus_are_nobodys(corpus, trace, run, monkeypatch):
    """A storage profile and a plugin for Hydra that lie in the folder in which a command is run."""
    profile = {"storage_provider": {"type": "evil_mod.X", "options": {}}}
    (corpus / ".msc_config.yaml").write_text(yaml.safe_dump({"profiles": {"store": profile}}))
    (corpus / "msc_config.yaml").write_text(yaml.safe_dump({"profiles": {"store": profile}}))
    monkeypatch.chdir(corpus)
    assert run("train", "msc://store/x") == 2
    assert run("train", ".") == 0
    assert not trace.exists()


@pytest.mark.slow
def test_workers_and_a_resumed_run_run_nothing(corpus, trace, run, micro, tmp_path, capsys):
    runs = tmp_path / "runs"
    short = (
        f"data.path={corpus}",
        f"runs_root={runs}",
        "trainer=cpu",
        "batch_size=2",
        "num_workers=2",
        "num_audio_samples=0",
    )
    assert main(["train", str(micro.RECIPE), *short, "max_updates=1", "validate_every=1"]) == 0
    for spoil in (*ENERGON, members):
        spoil(corpus, trace)
    assert main(["resume", str(runs / "demo"), "max_updates=3"]) == 0
    assert not trace.exists()
    capsys.readouterr()
    for spoil, said in ((module, REFUSED_KIND), (path_in_index("../corpus/one/en"), REFUSED)):
        spoil(corpus, trace)
        assert main(["resume", str(runs / "demo"), "max_updates=4"]) == 2
        assert said.search(capsys.readouterr().err)
    assert not trace.exists()


@pytest.mark.slow
def test_a_sweep_runs_nothing(corpus, trace, micro, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for spoil in (*ENERGON, members):
        spoil(corpus, trace)
    fixed = (f"data.path={corpus}", "max_updates=1", "validate_every=1", "trainer=cpu", "num_audio_samples=0")
    assert main(["sweep", str(micro.RECIPE), *fixed, "seed=1,2", "trials=1"]) == 0
    assert not trace.exists()
    module(corpus, trace)
    assert main(["sweep", str(micro.RECIPE), *fixed, "seed=1,2", "trials=1", "name=refused"]) == 1
    assert "is not as data_prep writes it" in (tmp_path / "sweeps/refused/0000/log.txt").read_text()
    assert "is not as data_prep writes it" in capsys.readouterr().err
    assert not trace.exists()


# Names under which a process of lfsc would import what lies in the folder in which it was started.
MODULES = ("lfsc", "torch", "yaml", "numpy", "hydra", "multiprocessing", "tokenize")


@pytest.fixture
def working_folder(tmp_path, trace, monkeypatch) -> Path:
    """The folder in which commands are run, with modules that leave a trace."""
    folder = tmp_path / "downloaded"
    folder.mkdir()
    for name in MODULES:
        (folder / f"{name}.py").write_text(f"open({str(trace)!r}, 'w').close()\nraise ImportError\n")
    monkeypatch.chdir(folder)
    return folder


def test_python_itself_imports_from_the_working_folder(working_folder, trace):
    subprocess.run([sys.executable, "-m", "lfsc", "--version"], capture_output=True, timeout=60)
    assert trace.exists(), "the tests below could not fail"


@pytest.mark.slow
@pytest.mark.parametrize("command", [("sweep", "trials=1"), ("train", "--multirun")], ids=lambda words: words[0])
def test_trials_import_nothing_from_the_working_folder(working_folder, noise_corpus, trace, micro, command):
    verb, option = command
    short = (
        f"data.path={noise_corpus}",
        f"runs_root={working_folder}",
        "trainer=cpu",
        "max_updates=1",
        "validate_every=1",
    )
    varied = "seed=1,2" if verb == "sweep" else "seed=1"
    assert main([verb, str(micro.RECIPE), *short, varied, option]) == 0
    assert not trace.exists()
