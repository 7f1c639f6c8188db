"""The examples of docs/extending.md: each one composes and builds, and together they train, resume and are recorded."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml

from lfsc.audio import files
from lfsc.config.compose import compose
from lfsc.config.own_code import record_own
from lfsc.runs.directory import Run
from lfsc.runs.metrics_rows import read_rows

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
EXAMPLES = dict(
    re.findall(r"^`([\w/]+\.(?:py|yaml))`[^\n]*\n\n```(?:python|yaml)\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE)
)
RECIPES = [name for name in EXAMPLES if name.startswith("own_") and name.endswith(".yaml")]
MODULES = [name for name in EXAMPLES if name.endswith(".py") and name != "own_corpus.py"]
# What makes any recipe small.
TINY = [
    *("trainer=cpu", "max_updates=2", "batch_size=2", "num_workers=0", "crop_length=8192"),
    *("codec.encoder.channels=2", "codec.decoder.channels=32"),
    *("discriminators.start_at=0", "discriminators.stft.channels=2", "discriminators.period.channels=[2,2]"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with all the files of the page."""
    folder = tmp_path_factory.mktemp("extending")
    for name, text in EXAMPLES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_the_page_has_an_example_of_each_kind_in_under_25_lines():
    kinds = "loss discriminator optimizer schedule callback metric logger filter slm quantizer corpus"
    assert {f"own_{kind}.py" for kind in kinds.split()} == {name for name in EXAMPLES if name.endswith(".py")}
    for name, text in EXAMPLES.items():
        assert len(text.splitlines()) < 25, name


def modules_of(config: dict) -> set[str]:
    return {target.partition(".")[0] for target in record_own(config)}


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_example_builds(folder, noise_corpus, monkeypatch, recipe):
    from lfsc.config.instantiate import build
    from lfsc.training.build import build_module, build_trainer

    monkeypatch.setattr(sys, "path", [*sys.path])
    config = compose(str(folder / recipe), [*TINY, f"data.path={noise_corpus}", f"runs_root={folder}/built"])
    module = build_module(config)
    build_trainer(config, Run(folder / "built"))
    build(config["data"], where="data")
    module.configure_optimizers()
    assert Path(recipe).stem in modules_of(config)


def run(folder: Path, *command: str) -> subprocess.CompletedProcess:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=280)


def lfsc(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    return run(folder, sys.executable, "-P", "-m", "lfsc", *arguments)


def merged(one: dict, other: dict) -> dict:
    both = {key: merged(one[key], other[key]) for key in one.keys() & other.keys() if isinstance(other[key], dict)}
    return one | other | both


@pytest.fixture(scope="module")
def trained(folder, noise_corpus, micro):
    """The output of a run of two updates with all the examples at once, as narrow as runs of tests are."""
    everything = yaml.safe_load(micro.RECIPE.read_text())
    del everything["slm"]  # the example's has other sizes
    recipes = [yaml.safe_load(EXAMPLES[name]) for name in RECIPES]
    options = [entry for recipe in recipes for entry in recipe["defaults"] if isinstance(entry, dict)]
    for recipe in recipes:
        everything = merged(everything, recipe)
    everything |= {"defaults": ["demo", *options, "_self_"], "name": "all", "max_updates": 2}
    everything["data"]["path"] = str(noise_corpus)
    everything["discriminators"]["start_at"] = 0
    (folder / "all.yaml").write_text(yaml.safe_dump(everything))
    done = lfsc(folder, "train", "./all.yaml", "trainer=cpu")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_all_examples_train_at_once(folder, trained):
    run = Run(folder / "runs" / "all")
    first, *_, last = read_rows(run.metrics_file)
    assert float(last["train/energy"]) > 0
    assert float(last["val/loss_energy"]) > 0
    assert -60 < float(last["val/level"]) < 60
    assert 0 <= float(last["discriminator/scale_2/accuracy"]) <= 1
    # Two of a thousand updates of warm-up.
    assert float(last["lr/generator"]) == pytest.approx(3e-3 / 1001)
    assert f"update 0: val/mel {float(first['val/mel']):.4f} is the best so far" in trained
    lines = [json.loads(line) for line in (run.path / "metrics.jsonl").read_text().splitlines()]
    assert lines[-1]["update"] == 2
    assert lines[-1]["val/mel"] == pytest.approx(float(last["val/mel"]))


@pytest.mark.slow
def test_the_run_records_the_code_and_asks_for_it_again(folder, trained):
    recorded = Run(folder / "runs" / "all").environment()["own_code"]
    assert {Path(entry["file"]).name for entry in recorded.values()} == set(MODULES)
    refused = lfsc(folder, "resume", "runs/all", "max_updates=3")
    assert refused.returncode == 2
    assert "--with FILE.py" in refused.stderr
    options = [option for name in MODULES for option in ("--with", name)]
    resumed = lfsc(folder, "resume", "runs/all", "max_updates=3", *options)
    assert resumed.returncode == 0, resumed.stderr


@pytest.mark.slow
def test_loading_builds_own_code_only_where_it_is_trusted(folder, trained):
    import lfsc

    with pytest.raises(ValueError, match="own_quantizer"):
        lfsc.load(folder / "runs" / "all")
    codec = lfsc.load(folder / "runs" / "all", trust=[str(folder / "own_quantizer.py")])
    assert type(codec.quantizer).__name__ == "NoisyFSQ"
    assert codec.encode(torch.zeros(1, 4096)).tokens.shape == (1, 8, 4096 // codec.hop_length)


@pytest.mark.slow
def test_the_corpus_reader_prepares_shards(folder, voice):
    source = folder / "VCTK-Corpus-0.92"
    for number, speaker in enumerate(("p225", "p226", "p227")):
        audio = source / "wav48_silence_trimmed" / speaker / f"{speaker}_001_mic1.flac"
        files.write(audio, voice(2.0, rate=48000, seed=number), sample_rate=48000)
    done = run(folder, sys.executable, "own_corpus.py", str(source), "data/vctk")
    assert done.returncode == 0, done.stderr
    index = json.loads((folder / "data" / "vctk" / "index.json").read_text())
    samples = {dataset["split"]: dataset["samples"] for dataset in index["datasets"]}
    assert samples == {"train": 2, "val": 1}
