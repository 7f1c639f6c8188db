"""The texts of miniatures of the corpora as they are distributed."""

import pytest

from data_prep.corpora.archives import Folder, open_tree
from data_prep.corpora.transcripts import Transcripts

# By corpus: the files that are not audio, and the texts of recordings.
DISTRIBUTED = {
    "LibriSpeech": (
        {
            "LibriSpeech/dev-clean/84/121/84-121.trans.txt": "84-121-0000 GO\n84-121-0001 DO YOU KNOW\n",
            "LibriSpeech/dev-clean/84/122/84-122.trans.txt": "84-122-0000\tASIDE\n\n",
        },
        {
            "LibriSpeech/dev-clean/84/121/84-121-0001.flac": "DO YOU KNOW",
            "LibriSpeech/dev-clean/84/122/84-122-0000.flac": "ASIDE",
            "LibriSpeech/dev-clean/84/122/84-122-0009.flac": None,
        },
    ),
    "LibriTTS": (
        {
            "LibriTTS_R/dev-clean/84/121/84_121_000007_000001.normalized.txt": "Mister Smith.\n",
            "LibriTTS_R/dev-clean/84/121/84_121_000007_000001.original.txt": "Mr. Smith.\n",
            "LibriTTS_R/dev-clean/84/121/84_121.trans.tsv": "84_121_000007_000001\tMr. Smith.\tMister Smith.\n",
        },
        {
            "LibriTTS_R/dev-clean/84/121/84_121_000007_000001.wav": "Mister Smith.",
            "LibriTTS_R/dev-clean/84/121/84_121_000008_000000.wav": None,
        },
    ),
    "VCTK": (
        {"txt/p225/p225_001.txt": "Please call Stella.\n", "speaker-info.txt": "ID  AGE  GENDER  ACCENTS  REGION\n"},
        {
            "wav48_silence_trimmed/p225/p225_001_mic1.flac": "Please call Stella.",
            # Its texts were lost.
            "wav48_silence_trimmed/p315/p315_001_mic1.flac": None,
            # As in version 0.80.
            "wav48/p225/p225_001.wav": "Please call Stella.",
        },
    ),
    "LJSpeech": (
        {
            "LJSpeech-1.1/metadata.csv": (
                'LJ001-0001|in 1840, "so|in eighteen forty, "so\nLJ001-0002|one|\nLJ001-0003|two\n'
            )
        },
        {
            "LJSpeech-1.1/wavs/LJ001-0001.wav": 'in eighteen forty, "so',
            "LJSpeech-1.1/wavs/LJ001-0002.wav": None,
            "LJSpeech-1.1/wavs/LJ001-0003.wav": "two",
        },
    ),
    "Emilia": ({}, {"DE_B00000_S00000_W000000.mp3": None}),
}  # fmt: skip


@pytest.mark.parametrize("packs", ["", ".tar.gz"])
@pytest.mark.parametrize("corpus", DISTRIBUTED)
def test_texts_are_found_where_each_corpus_has_them(tmp_path, put, packed, corpus, packs):
    files, texts = DISTRIBUTED[corpus]
    put("c/README", "")
    for name, content in files.items():
        put(f"c/{name}", content)
    prefix = "c/" if packs else ""
    source = packed(tmp_path / "c", packs) if packs else tmp_path / "c"
    tree = open_tree(source, tmp_path / "scratch")
    transcripts = Transcripts(corpus, tree, set(tree.names()))
    assert {name: transcripts.find(prefix + name) for name in texts} == texts


def test_a_list_that_is_no_text_is_told_by_its_name(tmp_path, put):
    put("metadata.csv", b"LJ001-0001|\xff\n")
    transcripts = Transcripts("LJSpeech", Folder(tmp_path), {"metadata.csv"})
    assert [transcripts.find(f"wavs/LJ001-000{number}.wav") for number in (1, 2)] == [None, None]
    (reason,) = transcripts.unread
    assert "metadata.csv is no UTF-8" in reason
