import pytest
import torch

from lfsc.audio import files
from lfsc.evaluation.codecs.base import Identity, ReconstructionFolder
from lfsc.evaluation.runner import Settings, evaluate_codec
from lfsc.evaluation.signal_metrics import signal_metrics
from lfsc.metrics.codebook import token_counts
from lfsc.metrics.metric import Measurement, Metric, Unmeasurable

RATE = 22050

ALL = frozenset(metric.name for metric in signal_metrics(RATE))
# All of them take half a second a clip.
FEW = frozenset({"mel_distance", "stft_distance", "stoi"})


def settings(num_workers=0, metrics=(), shifted=(), signal_metrics=FEW):
    return Settings(RATE, list(metrics), 0.0, frozenset(shifted), num_workers, signal_metrics)


def evaluate(codec, clips, **options):
    return evaluate_codec("x", codec, clips, settings(**options), lambda: None)


def test_the_original_itself_is_perfect(clips):
    rows = evaluate(Identity(RATE), clips).rows
    assert [row.clip for row in rows] == clips
    assert {row.status for row in rows} == {"ok"}
    for row in rows:
        assert row.metrics["mel_distance"].value == row.metrics["stft_distance"].value == 0
        assert row.metrics["stoi"].value == pytest.approx(1)
        assert row.seconds == pytest.approx(1, abs=1e-3)


def test_tokens_are_counted_over_all_clips(clips, coarse):
    found = evaluate(coarse, clips)
    tokens = torch.cat([coarse.encode_decode(clip.load(RATE).audio).tokens for clip in clips], dim=1)
    assert torch.equal(found.token_counts, token_counts(tokens[None], codebook_size=32))
    assert [row.bits for row in found.rows] == [5 * RATE] * 4


def test_failed_and_misaligned_clips_have_a_reason_and_no_metrics(clips, tmp_path):
    clips[0].path.write_bytes(b"garbage")
    back = tmp_path / "back"
    for clip in clips[1:]:
        audio = clip.load(RATE).audio
        shift = {"b.flac": 300, "d.wav": 0}.get(clip.key)
        if shift is not None:
            files.write(back / clip.key, torch.roll(audio, shift), sample_rate=RATE)
    rows = {row.clip.key: row for row in evaluate(ReconstructionFolder(back), clips).rows}
    assert {key: row.status for key, row in rows.items()} == {
        "a.wav": "failed",
        "b.flac": "misaligned",
        "c.wav": "failed",
        "d.wav": "ok",
    }
    assert "not a recording" in rows["a.wav"].reason
    assert "300 samples" in rows["b.flac"].reason
    assert "0 reconstructions named c.*" in rows["c.wav"].reason
    assert [key for key, row in rows.items() if row.metrics] == ["d.wav"]


def test_a_codec_that_gives_nan_fails_on_that_clip(clips):
    class Broken(Identity):
        def encode_decode(self, audio):
            return super().encode_decode(audio * float("nan"))

    rows = evaluate(Broken(RATE), clips[:1]).rows
    assert (rows[0].status, rows[0].reason) == ("failed", "the reconstruction holds NaN or infinity")


def test_a_metric_that_cannot_be_measured_has_a_reason(clips):
    def refuse(pair):
        raise Unmeasurable("too blue")

    metrics = [
        Metric("blue", "", "lower", RATE, "", "", refuse),
        Metric("nan", "", "lower", RATE, "", "", not_a_number),
    ]
    row = evaluate(Identity(RATE), clips[:1], metrics=metrics).rows[0]
    assert row.unmeasured == {"blue": "too blue", "nan": "the value is nan"}
    assert "blue" not in row.metrics


def not_a_number(pair):
    return Measurement(float("nan"))


def test_a_model_that_a_clip_is_too_short_for_fails_on_that_clip_alone(clips):
    class Picky(Identity):
        def encode_decode(self, audio):
            if len(audio) == lengths[0]:
                raise RuntimeError("Kernel size can't be greater than actual input size\nat somewhere")
            return super().encode_decode(audio)

    files.write(clips[0].path, 0.1 * torch.ones(1000), sample_rate=RATE)
    lengths = [len(clip.load(RATE).audio) for clip in clips]
    rows = evaluate(Picky(RATE), clips, metrics=[Metric("short", "", "lower", RATE, "", "", too_short)]).rows
    assert [row.status for row in rows] == ["failed", "ok", "ok", "ok"]
    assert rows[0].reason == "Kernel size can't be greater than actual input size"
    assert rows[1].unmeasured == {"short": "a model's own words"}


def too_short(pair):
    raise RuntimeError("a model's own words")


@pytest.mark.parametrize("length", [1, 441])
def test_a_click_is_a_clip_whose_metrics_are_what_can_be_measured(clips, length):
    files.write(clips[0].path, torch.full((length,), 0.1), sample_rate=RATE)
    rows = evaluate(Identity(RATE), clips, shifted=[clip.key for clip in clips], signal_metrics=ALL).rows
    assert [row.status for row in rows] == ["ok"] * 4
    assert rows[0].unmeasured["stoi"].startswith("STOI: ")
    assert all(row.metrics["stoi"].value == pytest.approx(1) for row in rows[1:])


@pytest.mark.parametrize("error", [MemoryError("256 GiB"), KeyError("x")])
@pytest.mark.parametrize("where", ["codec", "metric", "clip"])
def test_a_poisoned_clip_costs_itself_alone(clips, error, where):
    """Whatever goes wrong, in the decoder, the codec or a metric."""
    poisoned = clips[1]

    def fail(*_):
        raise error

    class Failing(Identity):
        def reconstruct(self, key, original, *, sample_rate):
            if where == "codec" and key == poisoned.key:
                fail()
            return super().reconstruct(key, original, sample_rate=sample_rate)

    def measure(pair):
        return fail() if where == "metric" and pair.key == poisoned.key else Measurement(1.0)

    if where == "clip":
        poisoned.path.unlink()
        poisoned.path.mkdir()
    rows = evaluate(Failing(RATE), clips, metrics=[Metric("m", "", "lower", RATE, "", "", measure)]).rows
    good = [row for row in rows if row.clip != poisoned]
    assert all(row.status == "ok" and row.metrics["m"].value == 1 for row in good) and len(good) == 3
    assert rows[1].unmeasured["m"] if where == "metric" else rows[1].status == "failed" and rows[1].reason


def test_only_the_chosen_clips_are_shifted_in_level(clips):
    rows = evaluate(Identity(RATE), clips, shifted=["c.wav"]).rows
    having = [row.clip.key for row in rows if "loudness_difference_minus_20_db" in row.metrics]
    assert having == ["c.wav"]


@pytest.mark.slow
def test_workers_do_not_change_a_bit(clips, coarse):
    inline, *others = (evaluate(coarse, clips, num_workers=workers, signal_metrics=ALL) for workers in (0, 1, 3))
    for other in others:
        assert other.rows == inline.rows
        assert torch.equal(other.token_counts, inline.token_counts)
