"""W&B and TensorBoard over a kill: one run, without holes and without repeats."""

import collections
import json
import struct
import sys
import types

import pytest
import yaml

from lfsc.runs.directory import Run
from lfsc.training import build
from lfsc.training.loggers.wandb import UPDATE, RunWandb, read_known

SETTINGS = ("max_updates=8", "validate_every=4", "checkpoint_every=3", "log_every=1")


@pytest.fixture
def killed_and_resumed(micro, configure):
    """A function that trains with a logger, is killed after the seventh update, and resumes from the sixth."""

    def run(*overrides):
        config = configure(*SETTINGS, *overrides)
        killed = micro.kill(config, after=lambda module: module.updates == 8)
        micro.resume(config)
        return killed

    return run


def wandb_history(run):
    """How often W&B's offline files have each update."""
    from wandb.proto.wandb_internal_pb2 import Record

    updates = collections.Counter()
    for path in sorted(run.path.glob("wandb/offline-run-*/*.wandb")):
        for content in leveldb_records(path.read_bytes()):
            record = Record.FromString(content)
            if record.WhichOneof("record_type") == "history":
                items = {item.key or item.nested_key[0]: item.value_json for item in record.history.item}
                updates[int(items["trainer/global_step"])] += 1
    return updates


def leveldb_records(log):
    """The records of a file in LevelDB's log format: fragments with a header of 7 bytes, in blocks of 32 kB."""
    place, block, fragments = 7, 32768, b""
    while place + 7 <= len(log):
        if block - place % block < 7:
            place += block - place % block
            continue
        length, kind = struct.unpack("<HB", log[place + 4 : place + 7])
        fragments += log[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):  # a whole record, or the last fragment of one
            yield fragments
            fragments = b""


@pytest.mark.slow
def test_wandb_continues_the_same_run(killed_and_resumed, monkeypatch):
    monkeypatch.setenv("WANDB_SILENT", "true")
    run = killed_and_resumed("logger=wandb", "logger.wandb.mode=offline")
    assert wandb_history(run) == dict.fromkeys(range(9), 1)
    names = {path.name.rpartition("-")[2] for path in run.path.glob("wandb/offline-run-*")}
    assert names == {read_known(run).id}
    assert read_known(run).update == 8


def test_tensorboard_continues_the_same_run(killed_and_resumed):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = killed_and_resumed("logger=tensorboard", "num_audio_samples=1")
    events = EventAccumulator(str(run.path / "tensorboard"))
    events.Reload()
    assert [event.step for event in events.Scalars("train/mel")] == list(range(1, 9))
    assert [event.step for event in events.Scalars("val/mel")] == [0, 4, 8]
    (original,) = (tag for tag in events.Tags()["audio"] if tag.startswith("original/"))
    assert [event.step for event in events.Audio(original.replace("original", "reconstruction"))] == [0, 4, 8]


@pytest.mark.slow
def test_two_loggers_and_the_table_have_the_same_rows(micro, configure, monkeypatch):
    import wandb
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    monkeypatch.setenv("WANDB_SILENT", "true")
    steps = ("max_updates=2", "validate_every=2", "log_every=1")
    config = configure(*steps, "logger=[tensorboard,wandb]", "logger.wandb.mode=offline")
    micro.train(config)
    # Its service would outlive this test, and keep the runs of forked processes that are killed.
    wandb.teardown()
    run = micro.run_of(config)
    events = EventAccumulator(str(run.path / "tensorboard"))
    events.Reload()
    rows = micro.history(run)
    assert [event.value for event in events.Scalars("val/mel")] == pytest.approx(
        [float(row["val/mel"]) for row in rows if "val/mel" in row]
    )
    assert wandb_history(run) == dict.fromkeys(range(3), 1)
    assert {name for row in rows for name in row} - {"update"} <= set(events.Tags()["scalars"])


class Experiment:
    """A run of W&B's whose server knows of some updates."""

    def __init__(self, known):
        self.summary = {UPDATE: known}
        self.settings = types.SimpleNamespace(mode="online")
        self.logged = []

    def log(self, values):
        self.logged.append(values[UPDATE])


def test_what_the_server_lacks_is_sent_and_what_it_has_is_not(tmp_path):
    run = Run(tmp_path)
    run.metrics_file.write_text("update,val/mel\r\n1,0.5\r\n2,0.4\r\n3,0.3\r\n4,0.2\r\n")
    logger = RunWandb(str(run.path), name="one")
    logger._experiment = Experiment(known=1)
    logger.resume_at(3)
    for update in (4, 5):
        logger.log_metrics({"val/mel": 0.1}, update)
    assert logger.experiment.logged == [2, 3, 4, 5]
    ahead = RunWandb(str(run.path), name="one")
    ahead._experiment = Experiment(known=4)
    ahead.resume_at(3)
    for update in (4, 5):
        ahead.log_metrics({"val/mel": 0.1}, update)
    assert ahead.experiment.logged == [5]
    assert ahead.known.id == logger.known.id
    run.clear()
    assert RunWandb(str(run.path), name="one").known.id != logger.known.id


def test_an_unknown_logger_is_refused(configure, micro):
    config = configure()
    with pytest.raises(ValueError, match=r"logger.kind is 'paper': expected a section with `_target_`"):
        build.build_loggers(config | {"logger": {"kind": "paper"}}, micro.run_of(config))


def test_wandb_that_is_not_installed_is_named_with_its_extra(configure, micro, monkeypatch):
    monkeypatch.delitem(sys.modules, "lfsc.training.loggers.wandb")
    monkeypatch.setitem(sys.modules, "wandb", None)
    config = configure("logger=wandb")
    with pytest.raises(ValueError, match=r"^logger.wandb .*: wandb is not installed: pip install 'lfsc\[wandb\]'$"):
        build.build_loggers(config, micro.run_of(config))


@pytest.mark.parametrize("name", ["x/../../../precious", "*", "", 3])
def test_a_wandb_run_of_any_other_name_is_refused(tmp_path, name):
    run = Run(tmp_path / "run")
    (run.path / "wandb/offline-run-1-x").mkdir(parents=True)
    (tmp_path / "precious").mkdir()
    run.wandb_file.write_text(json.dumps({"id": name}))
    with pytest.raises(ValueError, match=r"wandb.json has the id .*, expected letters and digits"):
        RunWandb(str(run.path), name="one")
    assert (tmp_path / "precious").is_dir()


def test_the_server_of_wandb_is_not_a_configurations_to_choose(configure, micro):
    config = configure()
    target = "lfsc.training.loggers.wandb.RunWandb"
    logger = {"wandb": {"_target_": target, "project": "x", "settings": {"base_url": "http://localhost:1"}}}
    with pytest.raises(ValueError, match=r"logger.settings: set W&B's own settings by its variables"):
        build.build_loggers(config | {"logger": logger}, micro.run_of(config))


@pytest.mark.parametrize(
    ("kind", "key"), [("wandb.RunWandb", "dir"), ("tensorboard.RunTensorBoard", "sub_dir"),
                      ("tensorboard.RunTensorBoard", "filename_suffix")],
)  # fmt: skip
def test_a_configuration_names_no_folder_beside_the_loggers_own(kind, key, configure, micro):
    config = configure()
    logger = {"x": {"_target_": f"lfsc.training.loggers.{kind}", key: "../../elsewhere"}}
    with pytest.raises(ValueError, match=rf"logger(\.|: ){key}"):
        build.build_loggers(config | {"logger": logger}, micro.run_of(config))


def test_tensorboard_has_the_configuration(micro, configure):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    config = configure("logger=tensorboard", "max_updates=1", "validate_every=5")
    micro.train(config)
    events = EventAccumulator(str(micro.run_of(config).path / "tensorboard"))
    events.Reload()
    (shown,) = [tensor.tensor_proto.string_val[0] for tensor in events.Tensors("configuration/text_summary")]
    lines = shown.decode().splitlines()
    assert yaml.safe_load("\n".join(line.removeprefix("    ") for line in lines)) == config


def test_wandb_without_a_login_is_one_line(micro, configure, monkeypatch, tmp_path):
    for name, value in {"HOME": tmp_path, "NETRC": tmp_path / "netrc", "WANDB_MODE": "online"}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    with pytest.raises(
        ValueError, match=r"W&B does not take the run .*`wandb login`.* logger.wandb.mode=offline"
    ) as error:
        micro.train(configure("logger=wandb", "max_updates=1"))
    assert "\n" not in str(error.value)
