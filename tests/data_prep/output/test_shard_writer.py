import json
import tarfile

import pytest
import torch

from data_prep.corpora.utterance import File, Utterance
from data_prep.output.shard_writer import ShardTask, write_shard
from data_prep.plan import Planner, Sizes
from data_prep.rules import Rules
from data_prep.scan import Examined
from lfsc.audio import files
from lfsc.audio.resampling import resample

RULES = Rules(sample_rate=22050, min_seconds=0.4, max_seconds=30.0, min_rate=16000, long="cut")


@pytest.fixture
def shard_of(tmp_path):
    """shard_of(name, {key: path}) plans one shard with these recordings."""

    def made(name, paths):
        results = [
            Examined(Utterance(key, File(str(path)), "en", f"of-{key}", "train", f"text {key}"), 1.0, number)
            for number, (key, path) in enumerate(paths.items())
        ]
        planner = Planner(tmp_path / name / ".unfinished")
        plan = planner.make(results, sizes=Sizes(1.0, 1), val_share=0, seed=0)
        return ShardTask(plan.shards[0], tmp_path / name, planner.folder, name, RULES)

    return made


def contents(path) -> dict[str, dict]:
    found = {}
    with tarfile.open(path) as tar:
        for member in tar:
            key, _, kind = member.name.partition(".")
            found.setdefault(key, {})[kind] = tar.extractfile(member).read()
    return found


def test_samples_and_record(shard_of, put, say):
    task = shard_of("c", {"a": put("a.wav", say("1 2", rate=44100)), "b": put("b.flac", say("3 4", kind="flac"))})
    record = write_shard(task)
    samples = contents(task.path)
    described = json.loads(samples["a"]["json"])
    audio, rate = files.read(samples["a"]["flac"])
    assert rate == 22050
    assert described | {"bandwidth": None} == {
        "key": "a",
        "seconds": round(len(audio) / 22050, 6),
        "language": "en",
        "speaker": "of-a",
        "corpus": "c",
        "split": "train",
        "source_rate": 44100,
        "bandwidth": None,
        "text": "text a",
    }
    assert 5000 < described["bandwidth"] <= 11250
    assert record["samples"] == 2
    assert record["speakers"] == ["of-a", "of-b"]
    assert record["bytes"] == task.path.stat().st_size
    assert record["seconds"] == pytest.approx(
        sum(json.loads(sample["json"])["seconds"] for sample in samples.values()), abs=1e-3
    )


def test_audio_at_the_shards_rate_passes_unchanged(shard_of, put, say):
    path = put("b.flac", say("3 4", kind="flac"))
    task = shard_of("c", {"b": path})
    write_shard(task)
    assert files.read(contents(task.path)["b"]["flac"]).audio.equal(files.read(path).audio)


def test_full_scale_is_turned_down_not_clipped(shard_of, tmp_path):
    # A square wave overshoots when it is resampled; the noise keeps it from counting as clipped.
    noise = torch.rand(48000, generator=torch.Generator().manual_seed(0))
    audio = torch.sign(torch.sin(torch.arange(48000) * 0.13)) * (0.95 + 0.04 * noise)
    files.write(tmp_path / "a.wav", audio, sample_rate=48000)
    whole = resample(files.read(tmp_path / "a.wav").audio, from_rate=48000, to_rate=22050)
    assert whole.abs().max() > 1.05
    task = shard_of("c", {"a": tmp_path / "a.wav"})
    write_shard(task)
    written = files.read(contents(task.path)["a"]["flac"]).audio
    scale = written.abs().max() / whole.abs().max()
    assert 0.999 < written.abs().max() <= 1
    assert (written - scale * whole).abs().max() < 1e-4


def test_the_same_utterances_give_the_same_bytes(shard_of, put, say):
    paths = {"a": put("a.wav", say("1 2", rate=44100)), "b": put("b.opus", say("3 4 5", rate=48000, kind="opus"))}
    first, second = shard_of("c", paths), shard_of("d", paths)._replace(corpus="c")
    assert write_shard(first)["sha256"] == write_shard(second)["sha256"]


def test_rejections_have_reasons_and_do_not_stop_the_rest(shard_of, put, say, tmp_path):
    audio = files.read(say("1 2 3")).audio
    files.write(tmp_path / "silent.wav", torch.zeros(20_000), sample_rate=22050)
    files.write(tmp_path / "clipped.wav", (9 * audio).clamp(-1, 1), sample_rate=22050)
    flac = say("5 5 5", kind="flac")
    paths = {
        "good": put("good.wav", say("1 2 3")),
        "silent": tmp_path / "silent.wav",
        "clipped": tmp_path / "clipped.wav",
        "broken": put("broken.flac", flac[: len(flac) // 2]),
    }
    task = shard_of("c", paths)
    record = write_shard(task)
    assert list(contents(task.path)) == ["good"]
    assert {row["key"]: row["reason"] for row in record["rejected"]} == {
        "silent": "silent",
        "clipped": "clipped",
        "broken": "undecodable",
    }


def test_what_is_far_too_quiet_or_narrow_is_counted(shard_of, tmp_path):
    noise = torch.rand(8000, generator=torch.Generator().manual_seed(0)) - 0.5
    telephone = resample(noise, from_rate=8000, to_rate=22050)
    wide = torch.rand(len(telephone), generator=torch.Generator().manual_seed(1)) - 0.5
    for name, audio in {"quiet": 0.01 * wide, "narrow": telephone, "good": wide}.items():
        files.write(tmp_path / f"{name}.wav", audio, sample_rate=22050)
    task = shard_of("c", {name: tmp_path / f"{name}.wav" for name in ("quiet", "narrow", "good")})
    record = write_shard(task)
    assert (record["samples"], record["quiet"], record["narrow"]) == (3, 1, 1)
    assert set(contents(task.path)["quiet"]) == {"flac", "json"}


def test_nothing_usable_leaves_no_shard(shard_of, put):
    task = shard_of("c", {"a": put("a.flac", b"nothing")})
    record = write_shard(task)
    assert record["samples"] == 0
    assert not task.path.exists()


def test_recordings_that_vanish_are_an_error_not_a_rejection(shard_of, put, say):
    path = put("a.wav", say("1 2 3"))
    task = shard_of("c", {"a": path})
    path.unlink()
    with pytest.raises(OSError, match="bring it back"):
        write_shard(task)
    assert not task.path.exists()
    assert not list(task.folder.rglob("*.part*"))


def test_a_finished_shard_is_left_alone_and_leftovers_are_removed(shard_of, put, say):
    task = shard_of("c", {"a": put("a.wav", say("1 2 3"))})
    task.path.parent.mkdir(parents=True)
    left_over = task.path.with_name(f".{task.path.stem}.99999.part.tar")
    left_over.write_bytes(b"half")
    record = write_shard(task)
    assert not left_over.exists()
    written = task.path.stat().st_mtime_ns
    assert write_shard(task) == record
    assert task.path.stat().st_mtime_ns == written
