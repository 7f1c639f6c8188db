"""The clips that are kept to be heard."""

import threading
import types

import pytest
import soundfile
import torch

from lfsc.training.callbacks import audio_samples
from lfsc.training.callbacks.audio_samples import AudioSamples, file_name


def test_the_same_clip_at_every_validation_and_the_original_once(finished):
    places = {path.name: sorted(file.suffix for file in path.iterdir()) for path in finished.samples.iterdir()}
    updates = {f"update-{update:08d}" for update in (0, 6, 12)}
    assert places == {place: [".png", ".wav"] for place in {"original", *updates}}
    assert len({file.stem for file in finished.samples.glob("*/*.wav")}) == 1


@pytest.mark.parametrize("place", ["original", "update-00000012"])
def test_they_are_audio_of_the_models_rate(finished, place):
    (sound,) = (finished.samples / place).glob("*.wav")
    audio, rate = soundfile.read(sound)
    assert (rate, audio.shape) == (22050, (4096,))
    assert 0 < abs(audio).max() <= 1


def test_the_pictures_are_whole(finished):
    for picture in finished.samples.glob("*/*.png"):
        assert picture.read_bytes().startswith(b"\x89PNG") and picture.read_bytes().endswith(b"IEND\xaeB`\x82")


def test_originals_are_those_of_the_validation(tmp_path):
    """A run that is resumed with another data.val_crop_length has other crops of the same clips."""
    for length in (4096, 2048):
        validate(AudioSamples(folder=tmp_path, count=2, sample_rate=22050), rank=0, world_size=1, length=length)
    assert {soundfile.info(file).frames for file in tmp_path.glob("*/*.wav")} == {2048}


def validate(samples, *, rank, world_size, length=2048):
    """Ten clips in batches of three or two, of which the ranks have one each in turns."""
    trainer = types.SimpleNamespace(
        world_size=world_size, global_rank=rank, is_global_zero=rank == 0, loggers=[], callback_metrics={}
    )
    module = types.SimpleNamespace(updates=5)
    samples.on_validation_start(trainer, module)
    for number, clips in enumerate(([0, 1, 2], [3, 4], [5, 6, 7], [8, 9])[rank::world_size]):
        audio = torch.stack([torch.full((length,), clip / 10) for clip in clips])
        lengths = torch.full((len(clips),), length)
        batch = types.SimpleNamespace(keys=[f"clip{clip}" for clip in clips], audio=audio, lengths=lengths)
        samples.on_validation_batch_end(trainer, module, types.SimpleNamespace(audio=audio / 2), batch, number)
    samples.on_validation_epoch_end(trainer, module)


@pytest.mark.parametrize("count", [0, 1, 4, 20])
def test_they_are_the_same_on_any_number_of_ranks(tmp_path, monkeypatch, count):
    met, given = threading.Barrier(2, timeout=60), {}

    def gather(own):
        given[threading.current_thread()] = own
        met.wait()
        every = [given[thread] for thread in threads]
        met.wait()
        return every

    def samples(folder):
        return AudioSamples(folder=tmp_path / folder, count=count, sample_rate=22050)

    monkeypatch.setattr(audio_samples, "draw_mels", lambda *_, **__: None)  # which takes longer than all the rest
    validate(samples("one"), rank=0, world_size=1)
    monkeypatch.setattr(audio_samples, "gather", gather)
    threads = [
        threading.Thread(target=validate, args=[samples("two")], kwargs={"rank": rank, "world_size": 2})
        for rank in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    one, two = (
        {path.relative_to(tmp_path / folder): path.read_bytes() for path in (tmp_path / folder).rglob("*.wav")}
        for folder in ("one", "two")
    )
    assert one == two and len(one) == 2 * min(count, 10)
    assert {path.stem for path in one} == {f"clip{number}" for number in range(min(count, 10))}


@pytest.mark.parametrize("key", ["../../../elsewhere", "/tmp/x", "$\\frac$", "<b>&amp;", "ö" * 200, "a/b"])
def test_a_key_of_any_kind_is_a_file_in_the_folder(tmp_path, key):
    samples = AudioSamples(folder=tmp_path / "run" / "samples", count=1, sample_rate=22050)
    samples.write(types.SimpleNamespace(loggers=[]), "original", key, {"original": torch.zeros(2048)}, update=0)
    files = {path.name for path in (tmp_path / "run" / "samples" / "original").iterdir()}
    assert files == {f"{file_name(key)}.wav", f"{file_name(key)}.png"}
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
