import json

import pytest
import webdataset
import yaml

from data_prep.output.energon import EnergonTask, prepare, render_blend

energon = pytest.importorskip("megatron.energon")


@energon.stateless
def cook(sample):
    return energon.Sample(**energon.basic_sample_keys(sample))


class Keys(energon.DefaultTaskEncoder):
    """Batches that are lists of keys."""

    cookers = (energon.Cooker(cook),)
    decoder = None

    @energon.stateless
    def encode_sample(self, sample):
        return sample.__key__

    def batch(self, samples):
        return samples


@pytest.fixture
def datasets(tmp_path):
    """Two languages, one without validation, prepared and blended."""
    for language, sizes in (
        ("de", {"train-00000.tar": 5, "train-00001.tar": 3, "val-00000.tar": 2}),
        ("fr", {"train-00000.tar": 4}),
    ):
        folder = tmp_path / language
        folder.mkdir()
        for name, count in sizes.items():
            with webdataset.TarWriter(str(folder / name)) as tar:
                for number in range(count):
                    key = f"{language}-{name[:-4]}-{number}"
                    tar.write({"__key__": key, "flac": b"audio", "json": json.dumps({"key": key}).encode()})
        prepare(EnergonTask(folder, sizes, workers=1))
    (tmp_path / "train.yaml").write_text(render_blend("train", {"de": 3.0, "fr": 1.0}))
    (tmp_path / "val.yaml").write_text(render_blend("val", {"de": 1.0}))
    return tmp_path


def test_every_validation_sample_comes_once(datasets):
    config = energon.WorkerConfig(rank=0, world_size=1, num_workers=0)
    dataset = energon.get_val_dataset(datasets / "val.yaml", worker_config=config, batch_size=1, task_encoder=Keys())
    assert [key for batch in energon.get_loader(dataset) for key in batch] == ["de-val-00000-0", "de-val-00000-1"]


def test_training_blends_the_languages_by_weight(datasets):
    config = energon.WorkerConfig(rank=0, world_size=1, num_workers=0)
    dataset = energon.get_train_dataset(
        datasets / "train.yaml",
        worker_config=config,
        batch_size=10,
        shuffle_buffer_size=None,
        max_samples_per_sequence=None,
        task_encoder=Keys(),
    )
    batches = iter(energon.get_loader(dataset))
    keys = [key for _ in range(80) for key in next(batches)]
    assert all("-train-" in key for key in keys)
    assert len(set(keys)) == 12
    assert 0.7 < sum(key.startswith("de") for key in keys) / len(keys) < 0.8


def test_preparing_again_follows_the_shards(datasets):
    (datasets / "de" / "train-00001.tar").unlink()
    prepare(EnergonTask(datasets / "de", {"train-00000.tar": 5, "val-00000.tar": 2}, workers=1))
    parts = yaml.safe_load((datasets / "de" / ".nv-meta" / "split.yaml").read_text())["split_parts"]
    assert parts == {"train": ["train-00000.tar"], "val": ["val-00000.tar"]}


def test_a_shard_with_fewer_samples_than_were_written_is_an_error(datasets):
    with pytest.raises(ValueError, match=r"val-00000.tar: 2 samples found, 3 were written"):
        prepare(
            EnergonTask(datasets / "de", {"train-00000.tar": 5, "train-00001.tar": 3, "val-00000.tar": 3}, workers=1)
        )


def test_nothing_is_printed(datasets, capsys):
    prepare(EnergonTask(datasets / "fr", {"train-00000.tar": 4}, workers=1))
    printed = capsys.readouterr()
    assert printed.out + printed.err == ""
