import pytest

from lfsc.audio.languages import is_language


@pytest.mark.parametrize(
    "word", ["de", "EN", "pt BR", "zh-TW", "cmn_Hans", "yue", "hau", "german", "es-419", "und", "sv-SE"]
)
def test_languages(word):
    assert is_language(word)


@pytest.mark.parametrize("word", ["103", "dev", "val", "ann", "train", "p225", "x", "", "en-", "日本", "qq", "speaker"])
def test_other_words(word):
    assert not is_language(word)
