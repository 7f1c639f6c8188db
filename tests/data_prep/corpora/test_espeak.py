import random

import pytest

from data_prep.corpora.utterance import Speech

espeak = pytest.importorskip("data_prep.corpora.espeak")


def test_more_than_a_hundred_languages_speak_numbers():
    languages = espeak.languages()
    assert len(languages) >= 100
    assert len({language.tag for language in languages}) == len(languages)
    assert {"en", "de", "fr", "cmn", "hi", "sw"} <= {language.tag for language in languages}
    for language in languages:
        audio, rate = espeak.speak("3 17", language.voice, 170, 50, 50)
        assert rate == 22050
        assert len(audio) / rate > 0.4
        assert audio.abs().max() > 0.1


def test_the_same_to_the_last_bit_whatever_came_before():
    voices = ("m1", "f2", "whisper", "klatt", "Annie", "linda")
    texts = [Speech("1984, 27", f"gmw/en+{voice}", 165, 50, 50) for voice in voices]
    first = {text: text.read().audio for text in texts}
    random.Random(0).shuffle(texts)
    assert all(text.read().audio.equal(first[text]) for text in texts)


def test_voices_rates_and_pitches_differ():
    usual = espeak.speak("123", "gmw/en+m1", 170, 50, 50).audio
    assert len(espeak.speak("123", "gmw/en+m1", 120, 50, 50).audio) > len(usual)
    assert not espeak.speak("123", "gmw/en+m1", 170, 80, 50).audio.equal(usual)
    assert not espeak.speak("123", "gmw/en+f1", 170, 50, 50).audio.equal(usual)


def test_no_such_voice():
    with pytest.raises(ValueError, match="no voice 'nobody'"):
        espeak.speak("1", "nobody", 170, 50, 50)
