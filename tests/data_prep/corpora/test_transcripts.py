"""The texts of miniatures of the corpora as they are distributed."""

import os

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
    "AISHELL": (
        {"data_aishell/transcript/aishell_transcript_v0.8.txt": "BAC009S0002W0122 而 对 楼市\nBAC009S0002W0123\n"},
        {
            "data_aishell/wav/train/S0002/BAC009S0002W0122.wav": "而 对 楼市",
            "data_aishell/wav/train/S0002/BAC009S0002W0123.wav": None,
        },
    ),
    "AISHELL-3": (
        {
            "train/content.txt": "SSB00050001.wav\t广 guang3 州 zhou1\n",
            "train/label_train-set.txt": "# labels\n\nSSB00050001|guang3 zhou1|广%州%$\n",
        },
        {"train/wav/SSB0005/SSB00050001.wav": "广州"},
    ),
    "TIMIT": (
        {"TRAIN/DR1/FCJF0/SA1.TXT": "0 46797 She had your dark suit.\n", "TRAIN/DR1/FCJF0/SA1.WRD": "0 9 she\n"},
        {"TRAIN/DR1/FCJF0/SA1.WAV": "She had your dark suit.", "TRAIN/DR1/FCJF0/SX9.WAV.wav": None},
    ),
    "JSUT": (
        {f"jsut/{part}/transcript_utf8.txt": f"{part.upper()}_0001:水を、{part}。\n" for part in ("basic", "travel")},
        {f"jsut/{part}/wav/{part.upper()}_0001.wav": f"水を、{part}。" for part in ("basic", "travel")},
    ),
    "KSS": (
        {"kss/transcript.v.1.4.txt": "1/1_0000.wav|그는 3|그는 셋|그는|3.5|He did.\n2/1_0000.wav|네|네|네|1|Yes.\n"},
        {"kss/1/1_0000.wav": "그는 3", "kss/2/1_0000.wav": "네", "kss/3/1_0000.wav": None},
    ),
    "FLEURS": (
        {"de_de/dev.tsv": '7\t12.wav\tEin "Satz".\tein satz\te i n |\t9\tMALE\n8\n'},
        {"de_de/audio/dev/12.wav": 'Ein "Satz".', "de_de/audio/dev/8.wav": None},
    ),
    "MagicData": (
        {"dev/TRANS.txt": "UtteranceID\tSpeakerID\tTranscription\n5_541_1.wav\t5_541\t来段天津相声\n"},
        {"dev/5_541/5_541_1.wav": "来段天津相声"},
    ),
    "CML-TTS": (
        {"cml/dev.csv": 'wav_filename|wav_filesize|transcript|duration\ndev/audio/1/2/1_2_3.wav|9|Er, "ja"|1.5\n'},
        {"cml/dev/audio/1/2/1_2_3.wav": 'Er, "ja"'},
    ),
    "Hi-Fi TTS": (
        {
            "hifi/92_manifest_clean_dev.json": '{"audio_filepath": "audio/92_clean/1/a_1.flac", "text": "yes"}\n7\n',
            "hifi/parts.jsonl": '{"path": "b.flac", "offset": 1.5, "text": "no"}\n{"path": 7, "text": "no"}\n',
        },
        {"hifi/audio/92_clean/1/a_1.flac": "yes", "hifi/audio/92_clean/1/b.flac": None},
    ),
    "EARS": (
        {"ears/transcripts.json": '{"emo_sentences": "You are sweet.", "other": 7}', "ears/ages.json": '{"p1": "x"}'},
        {"ears/p001/emo_sentences.wav": "You are sweet.", "ears/p001/p1.wav": None},
    ),
    "a list of rows": (
        {"metadata.json": '[{"file": "wavs/a.wav", "text": "ja"}, {"file": "b.wav", "text": "no", "start": 1}, 7]'},
        {"wavs/a.wav": "ja", "wavs/b.wav": None},
    ),
    "rows by their names": (
        {"metadata.json": '{"a.wav": {"text": "ja", "speaker": "ann"}, "b.wav": {"clean": "x"}, "c": ["x"]}'},
        {"wavs/a.wav": "ja", "wavs/b.wav": None, "wavs/c.wav": None},
    ),
    "GPT-SoVITS": (
        {"esd.list": "D:\\x\\a.wav|ann|ZH|ja, gut\nwavs/b.wav|ann|ja|no\n"},
        {"wavs/a.wav": "ja, gut", "wavs/b.wav": "no"},
    ),
    "WeNet": (
        {"data.list": '{"key": "a", "wav": "/x/wavs/a.wav", "txt": "ja"}\n{"key": "b", "wav": "/x/b.wav"}\n'},
        {"wavs/a.wav": "ja", "wavs/b.wav": None},
    ),
    "CSS10": (
        {"transcript.txt": "b/b_1.wav|Ja|ja|0.5\nb/b_2.wav|No|no|0.5\n"},
        {"b/b_1.wav": "Ja", "b/b_2.wav": "No"},
    ),
    "CMU Arctic": (
        {"cmu_us_bdl/etc/txt.done.data": '( arctic_a0001 "Author, \\"etc.\\"" )\n'},
        {"cmu_us_bdl/wav/arctic_a0001.wav": 'Author, "etc."'},
    ),
    "VoxForge": (
        {"ann-1/etc/PROMPTS": "ann-1/mfc/b0019 HIS WORDS\n", "ann-1/etc/prompts-original": "b0019 His words.\n"},
        {"ann-1/wav/b0019.wav": "His words."},
    ),
    "L2 Arctic": (
        {"ABA/transcript/arctic_a0001.txt": "Author\n", "ABA/annotation/arctic_a0001.TextGrid": "x"},
        {"ABA/wav/arctic_a0001.wav": "Author", "SKA/wav/arctic_a0001.wav": None},
    ),
    "ESD": (
        {
            "0011/0011.txt": (
                "0011_1.wav\tThe nine.\tNeutral\n0011_2\tThe ten.\tNeutral\n"
                "0011_3\tNine.\tSad\n0011_4\tTen.\tSad\n"
            )
        },
        {"0011/Neutral/0011_1.wav": "The nine.", "0011/Sad/0011_4.wav": "Ten."},
    ),
    "Kathbath": (
        {"hindi/valid/transcription_n2w.txt": "84-m.m4a\tनमस्ते\n"},
        {"hindi/valid/audio/84-m.wav": "नमस्ते"},
    ),
    "CORAAL": (
        {"DCA_textfiles/DCA_se1.txt": "Line\tSpkr\tStTime\tContent\tEnTime\n1\tDCA_int\t0.4\tHello\t1.2\n"},
        {"DCA_audio/DCA_se1.wav": None},
    ),
    "BABEL": (
        {"dev/transcription/a_inLine.txt": "[0.000]\n<no-speech>\n[1.5]\nja\n", "dev/transcription/b.txt": "ja"},
        {"dev/audio/a_inLine.sph": None, "dev/audio/b.sph": "ja"},
    ),
    "subtitles": (
        {"a.txt": "1\n00:00:00,000 --> 00:00:01,000\nja\n", "b.wav.trn": "ja\n"},
        {"a.wav": None, "b.wav": "ja"},
    ),
    "quoted": (
        {"metadata.csv": '\ufeff"wavs/a.wav"|"He said ""no"""\r\n"b.wav"|"yes"\r\n'},
        {"wavs/a.wav": 'He said "no"', "wavs/b.wav": "yes"},
    ),
    "paths of another machine": (
        {
            "filelists/text_train_filelist.txt": (
                "DUMMY/a.wav|yes\nC:\\x\\b.wav|no\nDUMMY/c.wav|one\nx/d.wav|1 of two\ny/d.wav|2 of two\n"
            )
        },
        {"wavs/a.wav": "yes", "wavs/b.wav": "no", "wavs/ann/c.wav": None, "wavs/ben/c.wav": None, "d.wav": None},
    ),
    "another form of Unicode": ({"metadata.csv": "pr\u00fcf|ja\n"}, {"wavs/pru\u0308f.wav": "ja"}),
    "two forms of Unicode": (
        {"\u00e9.txt": "one", "e\u0301.txt": "two", "\u00fc.txt": "three"},
        {"\u00e9.wav": "one", "e\u0301.wav": "two", "u\u0308.wav": "three"},
    ),
    "no texts": (
        {
            "durations_text.txt": "a 1.5\n", "text_paths.txt": "a x/a.wav\n", "features.csv": "a,loud\n",
            "parts_text.csv": "file,text,start\na.wav,ja,0.5\n",
        },
        {"a.wav": None},
    ),
    "two texts": ({"text": "a yes\na no\nb yes\nb yes\n"}, {"a.wav": None, "b.wav": "yes"}),
    "Emilia": ({}, {"DE_B00000_S00000_W000000.mp3": None}),
}  # fmt: skip


@pytest.mark.parametrize("packs", ["", ".tar.gz"])
@pytest.mark.parametrize("corpus", DISTRIBUTED)
def test_texts_are_found_where_each_corpus_has_them(tmp_path, put, packed, corpus, packs):
    files, texts = DISTRIBUTED[corpus]
    put("c/README", "")
    for name, content in (files | dict.fromkeys(texts, "")).items():
        put(f"c/{name}", content)
    prefix = "c/" if packs else ""
    source = packed(tmp_path / "c", packs) if packs else tmp_path / "c"
    tree = open_tree(source, tmp_path / "scratch")
    transcripts = Transcripts(corpus, tree, set(tree.names()))
    assert {name: transcripts.find(prefix + name).text for name in texts} == texts


@pytest.mark.parametrize(
    "name, content",
    [
        ("metadata.csv", "a|ann|Yes.\nb|ann|No.\nc|ben|I see.\nd|ben|No.\n"),
        ("asr.tsv", "id\ttext\tspeaker_id\na\tx\tann\nb\tx\tann\nc\tx\tben\nd\tx\tben\n"),
    ],
)
def test_a_list_of_texts_may_name_the_speakers(tmp_path, put, name, content):
    put(name, content)
    transcripts = Transcripts("", Folder(tmp_path), {name, *(f"wavs/{key}.wav" for key in "abcd")})
    assert [transcripts.find(f"wavs/{key}.wav").speaker for key in "abcd"] == ["ann", "ann", "ben", "ben"]


def test_a_list_of_texts_may_name_the_languages(tmp_path, put):
    put("metadata.csv", "file_name,transcription,Language\na.wav,ja,DE\nb.wav,yes,English\nc.wav,no,7\n")
    transcripts = Transcripts("", Folder(tmp_path), {"metadata.csv", *(f"wavs/{key}.wav" for key in "abc")})
    assert [transcripts.find(f"wavs/{key}.wav").language for key in "abc"] == ["de", "English", None]
    assert transcripts.labels == {"speaker": set(), "language": {"de", "English"}}


def test_a_list_that_is_too_long_is_told(tmp_path, put, monkeypatch):
    monkeypatch.setattr("data_prep.corpora.text_lists.LONGEST_LIST", 12)
    put("transcripts.txt", "a ja\na nein\nb ja\n")
    transcripts = Transcripts("", Folder(tmp_path), {"transcripts.txt", "a.wav"})
    assert transcripts.find("a.wav").text is None
    (reason,) = transcripts.unread
    assert "transcripts.txt has over 12 characters: give it by --manifest" in reason


def test_what_cannot_be_opened_costs_itself_alone(tmp_path, put):
    for name in ("metadata.csv", "a.txt"):
        (tmp_path / name).symlink_to("gone")
    # Nobody writes into them.
    for name in ("sentences.txt", "b.txt"):
        os.mkfifo(tmp_path / name)
    put("transcript.json", "[")
    names = {*os.listdir(tmp_path), "a.wav", "b.wav", "c.wav"}
    transcripts = Transcripts("", Folder(tmp_path), names)
    assert {transcripts.find(name).text for name in ("a.wav", "b.wav", "c.wav")} == {None}
    assert len(transcripts.unread) == 5


def test_a_list_that_is_no_text_is_told_by_its_name(tmp_path, put):
    put("metadata.csv", b"LJ001-0001|\xff\n")
    names = {f"wavs/LJ001-000{number}.wav" for number in (1, 2)}
    transcripts = Transcripts("LJSpeech", Folder(tmp_path), {"metadata.csv", *names})
    assert {transcripts.find(name).text for name in names} == {None}
    (reason,) = transcripts.unread
    assert "metadata.csv is no UTF-8" in reason
