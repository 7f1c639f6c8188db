"""The clips that are kept to be heard."""

import types

import pytest
import soundfile
import torch

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


@pytest.mark.parametrize("key", ["../../../elsewhere", "/tmp/x", "$\\frac$", "<b>&amp;", "ö" * 200, "a/b"])
def test_a_key_of_any_kind_is_a_file_in_the_folder(tmp_path, key):
    samples = AudioSamples(folder=tmp_path / "run" / "samples", count=1, sample_rate=22050)
    samples.write(types.SimpleNamespace(loggers=[]), "original", key, {"original": torch.zeros(2048)}, update=0)
    files = {path.name for path in (tmp_path / "run" / "samples" / "original").iterdir()}
    assert files == {f"{file_name(key)}.wav", f"{file_name(key)}.png"}
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
