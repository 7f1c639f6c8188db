import io
import json
import re
import threading

import numpy
import pytest
import soundfile
import torch

from lfsc.audio import files
from lfsc.parallel import here
from lfsc.shards.tar import Sample
from lfsc.tokens.batching import Coded, Failure, prefetch
from lfsc.tokens.fingerprint import fingerprint
from lfsc.tokens.tokenize import Coding, detokenize, read_token_clip, tokenize


@pytest.fixture
def coding(make_codec):
    codec = make_codec()
    return Coding(codec, fingerprint(codec), batch_seconds=0.2, chunk_seconds=30.0)


def clip_of(number, num_samples, rate=22050, **note) -> Sample:
    audio = torch.randn(num_samples, generator=torch.Generator().manual_seed(number)) * 0.1
    flac = files.encode(audio, sample_rate=rate, format="flac")
    return Sample(f"clip{number}", {"flac": flac, "json": json.dumps(note).encode()})


LENGTHS = [3000, 100, 9000, 2900, 1, 4000, 700]


def test_tokens_are_those_of_each_clip_alone_in_the_order_of_the_samples(coding):
    samples = [clip_of(number, length, language="en") for number, length in enumerate(LENGTHS)]
    results = list(tokenize(samples, coding))
    assert [result.sample.key for result in results] == [sample.key for sample in samples]
    for sample, result, num_samples in zip(samples, results, LENGTHS, strict=True):
        array = numpy.load(io.BytesIO(result.sample.parts["npy"]))
        assert array.dtype == numpy.uint16
        audio = files.load(sample.parts["flac"], sample_rate=22050)
        alone = coding.codec.encode(audio[None]).tokens[0]
        assert torch.equal(torch.from_numpy(array.astype(numpy.int64)), alone)
        assert (result.frames, result.num_samples) == (alone.shape[1], num_samples)
        expected = {"language": "en", "key": sample.key, "num_samples": num_samples, "codec": coding.fingerprint}
        assert result.sample.note() == expected


def test_batching_changes_nothing(coding):
    samples = [clip_of(number, length) for number, length in enumerate(LENGTHS)]
    alone = list(tokenize(samples, coding._replace(batch_seconds=0)))
    assert list(tokenize(samples, coding)) == alone


def test_clips_that_others_decode_are_the_same(coding):
    """Here by workers of this process; a damaged one is its own failure."""
    samples = [clip_of(number, length, text="x") for number, length in enumerate(LENGTHS)]
    samples.insert(3, Sample("broken", {"flac": b"fLaC" + bytes(50)}))
    expected = list(tokenize(samples, coding))
    with here() as decoders:
        assert list(tokenize(samples, coding._replace(decoders=decoders))) == expected
    assert isinstance(expected[3], Failure)


def test_while_a_group_is_coded_the_next_is_drawn():
    drawn = [threading.Event() for _ in range(3)]

    def items():
        for number, event in enumerate(drawn):
            event.set()
            yield number

    for number in prefetch(items()):
        assert all(event.wait(10) for event in drawn[: number + 2])


def test_an_error_of_what_draws_ahead_arrives():
    with pytest.raises(ZeroDivisionError):
        list(prefetch(1 // number for number in (1, 0)))


def test_text_beside_the_recording_is_taken_along(coding):
    sample = clip_of(0, 500)
    sample.parts["txt"] = "zwölf\n".encode()
    (result,) = tokenize([sample], coding)
    assert result.sample.note()["text"] == "zwölf"


def test_another_rate_is_resampled(coding):
    (result,) = tokenize([clip_of(0, 8000, rate=16000)], coding)
    assert result.num_samples == 11025


def test_whatever_a_clip_does_is_its_own_failure(coding, monkeypatch):
    """In the decoder or in the codec; also of a clip whose key is no UTF-8."""
    odd = b"gr\xfc".decode("utf-8", "surrogateescape")
    samples = [clip_of(0, 600), clip_of(1, 700)._replace(key=odd), clip_of(2, 600)]
    first, named, last = tokenize(samples, coding)
    assert named.sample.key == odd and b"gr\\udcfc" in named.sample.parts["json"]
    load = files.load

    def fail(content, *, sample_rate):
        if content == samples[1].parts["flac"]:
            raise MemoryError("256 GiB")
        return load(content, sample_rate=sample_rate)

    monkeypatch.setattr(files, "load", fail)
    first, bad, last = tokenize(samples, coding)
    assert bad == Failure(r"gr\xfc", "MemoryError: 256 GiB")
    assert isinstance(first, Coded) and isinstance(last, Coded)


def test_a_recording_is_known_by_its_suffix_in_any_list(coding):
    flac = clip_of(0, 600).parts["flac"]
    samples = [
        *(Sample("a", {extension: flac}) for extension in ("wav", "speech.flac")),
        *(Sample("b", dict.fromkeys(extensions, b"x")) for extensions in (["m4a"], ["mix.wav", "voice.wav", "json"])),
    ]
    *good, other, several = tokenize(samples, coding)
    assert all(isinstance(result, Coded) for result in good)
    assert other.reason == "no recordings among its m4a, expected one"
    assert several.reason == "2 recordings among its mix.wav, voice.wav, json, expected one"


def test_what_cannot_be_coded_is_told_and_the_rest_is_coded(coding):
    loud = torch.full((600,), 5.0)
    content = io.BytesIO()
    soundfile.write(content, loud.numpy(), 22050, format="WAV", subtype="FLOAT")
    samples = [
        clip_of(0, 600),
        Sample("broken", {"flac": b"fLaC" + bytes(50)}),
        Sample("loud", {"wav": content.getvalue()}),
        Sample("none", {"cls": b"1"}),
        Sample("note", {**clip_of(1, 600).parts, "json": b"["}),
        clip_of(2, 600),
    ]
    results = list(tokenize(samples, coding))
    assert [type(result) for result in results] == [Coded, Failure, Failure, Failure, Failure, Coded]
    reasons = [result.reason for result in results if isinstance(result, Failure)]
    for reason, expected in zip(reasons, ("truncated", "peaks at 5", "no recording", "its json"), strict=True):
        assert expected in reason


def test_tokens_become_audio_as_long_as_it_was(coding):
    samples = [clip_of(number, length, text="x") for number, length in enumerate(LENGTHS)]
    tokens = [result.sample for result in tokenize(samples, coding)]
    for sample, result, num_samples in zip(tokens, detokenize(tokens, coding, format="wav"), LENGTHS, strict=True):
        heard, rate = files.read(result.sample.parts["wav"])
        expected = coding.codec.decode(read_token_clip(sample).content[None]).audio[0, :num_samples]
        assert rate == 22050
        torch.testing.assert_close(heard, expected, rtol=0, atol=2e-5)
        assert result.sample.note()["text"] == "x"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"json": b'{"num_samples": 9}'}, "holds tokens of codec none"),
        ({"json": b'{"codec": "0123456789abcdef", "num_samples": 9}'}, "holds tokens of codec 0123456789abcdef"),
        ({"json": b"{}"}, "None for num_samples"),
        ({"npy": b"x"}, "its npy is no array"),
    ],
)
def test_tokens_that_cannot_be_decoded_are_told(coding, changes, message):
    (good,) = (result.sample for result in tokenize([clip_of(0, 600)], coding))
    bad = good._replace(key="bad", parts=good.parts | changes)
    results = list(detokenize([good, bad, good], coding, format="flac"))
    assert [type(result) for result in results] == [Coded, Failure, Coded]
    assert results[1].key == "bad"
    assert re.search(message, results[1].reason)


def test_pickled_arrays_are_not_loaded(coding):
    content = io.BytesIO()
    numpy.save(content, numpy.array([[print]], dtype=object), allow_pickle=True)
    (result,) = detokenize([Sample("bad", {"npy": content.getvalue(), "json": b"{}"})], coding, format="flac")
    assert "expected whole numbers" in result.reason
