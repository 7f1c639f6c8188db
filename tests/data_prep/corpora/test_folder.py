import gzip
import io
import json
import os
import tarfile

import pytest

from data_prep.corpora.folder import utterances
from data_prep.corpora.utterance import Rejection, Utterance


def read(source, manifest=None, language=None, layout=None):
    """What is yielded, without what is said."""
    return [item for item in hear(source, manifest, language, layout) if not isinstance(item, str)]


def hear(source, manifest=None, language=None, layout=None):
    options = {"manifests": manifest and [manifest], "language": language, "layout": layout}
    return list(utterances(source.parent / "scratch", sources=[source], **options))


def sentences(source, **options):
    return [item for item in hear(source, **options) if isinstance(item, str)]


def people(found):
    return {(row.language, row.speaker) for row in found}


def test_folders_say_who_speaks_what(tmp_path, put):
    for name in ("de/anna/1.wav", "de/anna/more/2.FLAC", "de/bert/3.Mp3", "pt BR/ciro/4.opus", "pt BR/ciro/5.OGG"):
        put(name, b"")
    for name in ("de/anna/._1.wav", "de/anna/notes.txt", "de/cover.jpg"):
        put(name, b"")
    found = read(tmp_path)
    assert [row.source.path for row in found] == sorted(
        str(path) for path in tmp_path.rglob("*.*") if path.stem.isdigit()
    )
    assert people(found) == {("de", "anna"), ("de", "bert"), ("pt_BR", "ciro")}
    assert {row.split for row in found} == {None}


def test_a_folder_that_may_not_be_looked_into_is_told(tmp_path, put, close):
    for name in ("in/de/anna/1.wav", "in/de/bert/2.wav"):
        put(name, b"")
    close("in/de/bert")
    rejected, row = read(tmp_path / "in")
    assert row.speaker == "anna"
    assert rejected[1:] == ("und", "unreadable", "the folder de/bert: Permission denied")
    close("in/de/anna")
    with pytest.raises(ValueError, match="the folder de/anna: Permission denied"):
        read(tmp_path / "in")
    close("in")
    with pytest.raises(PermissionError):
        read(tmp_path / "in")


@pytest.mark.parametrize("list_of_one", ["a/wav.scp", "a/tarred_audio_manifest.json"])
def test_a_folder_that_may_not_be_looked_into_is_told_beside_lists(tmp_path, put, close, list_of_one):
    put(f"in/{list_of_one}", "")
    put("in/closed/wav.scp", "")
    close("in/closed")
    assert "the folder closed: Permission denied" in [row.detail for row in read(tmp_path / "in")]


def test_fewer_folders_say_less(tmp_path, put):
    put("anna/1.wav", b"")
    put("2.wav", b"")
    assert people(read(tmp_path)) == {("und", "anna"), ("und", "unknown")}
    assert people(read(tmp_path, language="de")) == {("de", "anna"), ("de", "unknown")}


def tree_of(put, names):
    for name in names:
        put(f"in/{name}", b"")


CORPORA = {
    "LibriSpeech": ([f"train-clean-100/{s}/{s}{c}/{s}-{s}{c}-0000.flac" for s in (103, 104) for c in (1, 2)],
                    {("en", "103"), ("en", "104")}),
    "one speaker of LibriSpeech": ([f"{c}/103-{c}-0001.flac" for c in (1, 2)], {("en", "103")}),
    "LibriTTS": ([f"dev-clean/84/{c}/84_{c}_000001_000000.wav" for c in (121, 122)], {("en", "84")}),
    "VCTK": ([f"wav48_silence_trimmed/{s}/{s}_001_mic1.flac" for s in ("p225", "s5")], {("en", "p225"), ("en", "s5")}),
    "MLS": ([f"mls_polish/train/audio/{s}/9/{s}_9_000001.flac" for s in (1, 2)], {("pl", "1"), ("pl", "2")}),
    "VoxPopuli": ([f"unlabelled_data/{c}/2009/20090112-0900-PLENARY-1_{c}.ogg" for c in ("de", "fi")],
                  {("de", "unknown"), ("fi", "unknown")}),
    "LJSpeech": ([f"LJSpeech-1.1/wavs/LJ00{n}-0001.wav" for n in (1, 2)], {("en", "LJ")}),
    "AISHELL": ([f"wav/dev/{s}/BAC009{s}W0121.wav" for s in ("S0724", "S0725")], {("zh", "S0724"), ("zh", "S0725")}),
    "AISHELL-3": ([f"train/wav/{s}/{s}0001.wav" for s in ("SSB0005", "SSB0009")],
                  {("zh", "SSB0005"), ("zh", "SSB0009")}),
    "MagicData": ([f"dev/{s}/{s}_20170607142131.wav" for s in ("5_1204", "38_5716")],
                  {("zh", "5_1204"), ("zh", "38_5716")}),
    "WenetSpeech": (["audio/train/youtube/B00000/Y0000000000_--5llN02F84.opus"], {("zh", "unknown")}),
    "GigaSpeech": (["audio/podcast/P0000/POD0000000001.opus"], {("en", "unknown")}),
    "TIMIT": (["TIMIT/TRAIN/DR1/FCJF0/SA1.WAV", "timit/train/dr1/mcpm0/sx1.wav", "TRAIN/DR2/FAEM0/SI1.WAV.wav"],
              {("en", "FCJF0"), ("en", "mcpm0"), ("en", "FAEM0")}),
    "JSUT": (["jsut_ver1.1/basic5000/wav/BASIC5000_0001.wav"], {("ja", "JSUT")}),
    "JVS": ([f"{s}/nonpara30/wav24kHz16bit/BASIC5000_0235.wav" for s in ("jvs001", "jvs002")],
            {("ja", "jvs001"), ("ja", "jvs002")}),
    "KSS": ([f"kss/{n}/{n}_0000.wav" for n in (1, 2)], {("ko", "KSS")}),
    "Hi-Fi TTS": ([f"audio/{s}/10425/ballads-of_0001.flac" for s in ("92_clean", "8051_other")],
                  {("en", "92"), ("en", "8051")}),
    "TED-LIUM": (["legacy/train/sph/AalaElKhani_2016X.sph"], {("en", "AalaElKhani_2016X")}),
    "DAPS": (["clean/f10_script1_clean.wav", "clean/m1_script5_clean.wav"], {("en", "f10"), ("en", "m1")}),
    "BABEL": (["training/audio/BABEL_OP1_102_10187_20111103_235642_inLine.sph"], {("und", "10187")}),
    "OpenSLR": ([f"af_za/za/afr/wavs/{s}_0123456789.wav" for s in ("afr_0184", "afr_1919")],
                {("af_za", "afr_0184"), ("af_za", "afr_1919")}),
    "YODAS": (["data/de000/audio/00000000/aBc-_123456-00000-00000100-00000200.wav", "data/cy000/audio/aBc-_123457.wav"],
              {("de", "aBc-_123456"), ("cy", "aBc-_123457")}),
    "CML-TTS": (["cml_tts_dataset_german_v0.1/train/audio/1/2/1_2_000000.wav"], {("de", "1")}),
    "Golos": (["train/crowd/3/0123456789abcdef0123456789abcdef.wav",
               "train_opus/farfield/0123456789abcdef0123456789abcdee.opus"], {("ru", "unknown")}),
    "Speech Commands": ([f"{word}/{s}_nohash_0.wav" for word in ("no", "bed") for s in ("00176480", "004ae714")],
                        {("en", "00176480"), ("en", "004ae714")}),
    "VoxCeleb": ([f"wav/{s}/5r0dWxy1-C_/00001.wav" for s in ("id10270", "id10271")],
                 {("und", "id10270"), ("und", "id10271")}),
    "CN-Celeb": (["CN-Celeb_flac/data/id00000/live_broadcast-01-001.flac"], {("zh", "id00000")}),
    "CREMA-D": ([f"AudioWAV/{s}_DFA_ANG_XX.wav" for s in (1001, 1091)], {("en", "1001"), ("en", "1091")}),
    "RAVDESS": (["Audio_Speech_Actors_01-24/Actor_01/03-01-01-01-01-02-01.wav"], {("en", "Actor_01")}),
    "Libri-Light": (["small/100/sea_fairies_0812_librivox_64kb_mp3/01_baum_sea_fairies_64kb.flac"], {("en", "100")}),
    "CSS10": (["CSS10/german/meisterfloh/meisterfloh_0001.wav",
               "russian-single-speaker-speech-dataset/icemarch/icemarch_0003.wav"], {("de", "CSS10"), ("ru", "CSS10")}),
    "like CSS10": (["german/max/max_0001.wav", "greek/eleni/eleni_0002.wav"], {("german", "max"), ("greek", "eleni")}),
    "MuST-C": (["en-de/data/train/wav/ted_1.wav", "en-de/data/dev/wav/ted_2.wav"], {("en", "ted_1"), ("en", "ted_2")}),
    "like MuST-C": (["train_mp3s/1.mp3", "dev_mp3s/2.mp3"], {("und", "unknown")}),
    "Emilia": ([f"{s}_W000000.mp3" for s in ("EN_B00000_S00001", "DE_B00000_S00002")],
               {("en", "EN_B00000_S00001"), ("de", "DE_B00000_S00002")}),
    "like YODAS": (["spk001/audio/recording01.wav", "spk002/audio/recording02.wav"],
                   {("und", "spk001"), ("und", "spk002")}),
    "like OpenSLR": (["de/ann/rec_2023_01012023.wav"], {("de", "ann")}),
    "split and speaker": (["train/ann/1.wav", "dev/ben/2.wav"], {("und", "ann"), ("und", "ben")}),
    "a folder around": (["corpus_7/pt-BR/ciro/1.wav", "corpus_7/german/max/1.wav"],
                        {("pt-BR", "ciro"), ("german", "max")}),
    "languages alone": (["en/1.wav", "fr/2.wav"], {("en", "unknown"), ("fr", "unknown")}),
    "no names": (["wavs/1.wav", "2.wav"], {("und", "unknown")}),
}  # fmt: skip


@pytest.mark.parametrize("name", CORPORA)
def test_corpora_are_known_by_their_paths(tmp_path, put, name):
    names, expected = CORPORA[name]
    tree_of(put, names)
    assert people(read(tmp_path / "in")) == expected
    (said,) = sentences(tmp_path / "in")
    assert said.startswith("understood as ") and f": {len(names)} recording" in said


def test_a_folder_that_begins_the_names_of_files_is_the_speakers(tmp_path, put):
    names = ["read/ex01/happy/ex01_happy_1.wav", "read/ex02/sad/base/ex02_sad_1.wav", "talk/ex03-ex04/ex03-ex04_1.wav"]
    tree_of(put, names)
    assert {speaker for *_, speaker in people(read(tmp_path / "in"))} == {"ex01", "ex02", "ex03-ex04"}


def test_what_is_beside_a_recording_may_have_its_name_up_to_the_first_dot(tmp_path, put):
    """As in a WebDataset; where two recordings have it, it is of neither."""
    put("in/a.speech.flac", b"")
    put("in/a.json", json.dumps({"speaker": "anna", "language": "de"}))
    put("in/a.txt", "Guten Tag.")
    for number in (1, 2):
        put(f"in/b.{number}.flac", b"")
    put("in/b.txt", "Of whom?")
    put("in/b.2.txt", "Of the second.")
    found = {row.source.path.rpartition("/")[2]: (row.language, row.speaker, row.text) for row in read(tmp_path / "in")}
    assert found == {
        "a.speech.flac": ("de", "anna", "Guten Tag."),
        "b.1.flac": ("und", "unknown", None),
        "b.2.flac": ("und", "unknown", "Of the second."),
    }


def test_where_folders_are_not_clear_it_asks(tmp_path, put):
    tree_of(put, ["103/1031/a.wav", "104/1041/b.wav"])
    for language in (None, "en"):
        with pytest.raises(ValueError, match=r"none of the folders of 103/1031/a\.wav names a language.* --layout"):
            read(tmp_path / "in", language=language)
    assert people(read(tmp_path / "in", language="en", layout="speaker/*")) == {("en", "103"), ("en", "104")}
    assert people(read(tmp_path / "in", layout="corpus/speaker")) == {("und", "1031"), ("und", "1041")}
    with pytest.raises(ValueError, match="--layout talker: expected words such as language/speaker"):
        read(tmp_path / "in", layout="talker")


def test_a_path_that_is_not_like_the_others_is_rejected_alone(tmp_path, put):
    tree_of(put, ["103/1/103-1-0000.wav", "103/2/103-2-0000.wav", "odd.wav"])
    (rejection,) = [row for row in read(tmp_path / "in") if isinstance(row, Rejection)]
    assert (rejection.key, rejection.reason) == ("odd.wav", "malformed")


def test_texts_with_times_are_counted_and_named(tmp_path, put):
    tree_of(put, ["en/s/a.wav", "en/s/a.srt", "en/s/a.TextGrid", "en/s/a.txt"])
    assert sentences(tmp_path / "in")[0].startswith(
        "not read: 2 files of texts with times (.TextGrid, .srt), such as en/s/a.TextGrid: write a manifest"
    )


def test_an_implausible_language_is_warned_of(tmp_path, put):
    tree_of(put, ["103/1031/a.wav", "103/1031/b.wav", "de/ann/c.wav"])
    said = sentences(tmp_path / "in", layout="language/speaker/*")
    assert [sentence for sentence in said if "warning" in sentence] == [
        "warning: 103 is no language that is known here, as of 103/1031/a.wav"
    ]


def test_common_voice_is_left_to_its_own_reader(tmp_path, put):
    tree_of(put, ["cv/de/clips/common_voice_de_1.mp3", "cv/de/clips/common_voice_de_2.mp3"])
    with pytest.raises(ValueError, match="python -m data_prep common_voice"):
        read(tmp_path / "in")


def test_a_json_beside_a_recording_says_more(tmp_path, put):
    notes = {"a": {"language": "de", "speaker": 0, "text": "ja", "duration": 1.5}, "b": [1], "c": {"language": 7}}
    for name, note in notes.items():
        put(f"in/fr/max/{name}.mp3", b"")
        put(f"in/fr/max/{name}.json", json.dumps(note))
    first, plain, bad = read(tmp_path / "in")
    assert (first.language, first.speaker, first.text, first.part.seconds) == ("de", "0", "ja", 1.5)
    assert (plain.language, plain.speaker) == ("fr", "max")
    assert (bad.key, bad.reason, bad.detail) == ("fr/max/c.json", "malformed", "'language' is 7, expected text")


def test_what_is_hidden_is_no_recording(tmp_path, put):
    tree_of(put, ["en/s/a.wav", "en/s/.b.wav", "en/.ipynb_checkpoints/a-checkpoint.wav", ".Trash-0/files/c.wav"])
    assert [utterance.source.path for utterance in read(tmp_path / "in")] == [str(tmp_path / "in/en/s/a.wav")]


def test_audio_that_is_not_read_is_counted_and_named(tmp_path, put):
    tree_of(put, ["en/s/a.wav", "en/s/b.M4A", "en/s/c.webm", "en/s/d.m4a", "en/s/._e.m4a", "en/s/notes.txt"])
    said = sentences(tmp_path / "in")
    assert said[0] == (
        "3 files of audio are not read (2 .m4a, 1 .webm), such as en/s/b.M4A: convert them to .flac or .wav"
    )


@pytest.mark.parametrize(
    "name, content, is_list",
    [
        ("train_manifest.json", '{"audio_filepath": "x.wav"}', True),
        ("7_manifest_train.json", '{"duration":1,"audio_filepath":"x.wav"}', True),
        ("metadata.jsonl", '{"text": "", "file_name": "x.wav"}', True),
        ("metadata.csv", "file_name,text\n", True),
        ("train.csv", "wav_filename,wav_filesize,transcript\r\n", True),
        ("GigaSpeech.json", '{\n "language": "EN",\n "audios": [\n  {\n   "path": "x.opus"\n', True),
        ("WenetSpeech.json", '{"audios": [{"aid": "x", "path": "x.opus"}]}', True),
        ("ages.json", '{"anna": 7}', False),
        ("metadata.csv", "", False),
        ("metadata.csv", "x.wav|a path\n", False),
        ("metadata.csv", b"file_name,text\n\xe9,\n", False),
    ],
)
def test_a_list_that_is_not_read_is_named(tmp_path, put, name, content, is_list):
    tree_of(put, ["en/s/a.wav"])
    put(f"in/{name}", content)
    note = f"{name} may say more of the recordings than texts: --manifest {tmp_path / 'in' / name}"
    assert (note in sentences(tmp_path / "in")) == is_list


def test_lists_that_are_not_read_are_named_together(tmp_path, put):
    tree_of(put, ["en/s/a.wav"])
    for name in ("de.tsv", "fr.csv"):
        put(f"in/lists/{name}", "path|speaker\n")
    assert sentences(tmp_path / "in")[0].startswith("2 lists, such as lists/de.tsv, may say more of the recordings")


def test_several_manifests_may_be_parts_of_a_corpus(tmp_path, put):
    paths = []
    for part, name in (("train", "a.wav"), ("dev", "b.wav"), ("other", "c.wav")):
        put(f"in/{name}", b"")
        paths.append(put(f"in/{part}.csv", f"path\n{name}\n"))
    found = list(utterances(tmp_path / "scratch", sources=[tmp_path / "in"], manifests=paths))
    assert [row.split for row in found if not isinstance(row, str)] == ["train", "val", None]
    with pytest.raises(ValueError, match=r"dev3\.csv is not there"):
        read(tmp_path / "in", manifest=tmp_path / "in/dev{3..4}.csv")


def test_rows_may_name_their_split(tmp_path, put):
    splits = ("train", "validation", "test", "gold")
    put("in/manifest.jsonl", "".join(json.dumps({"path": f"{split}.wav", "split": split}) + "\n" for split in splits))
    assert [row.split for row in read(tmp_path / "in")] == ["train", "val", None]
    assert sentences(tmp_path / "in")[-1] == (
        "left out: 1 recording of test splits by their lists, which are for evaluation"
    )


def test_letters_with_marks_are_found_however_they_are_written(tmp_path, put):
    put("in/pru\u0308f.wav", b"")
    put("in/de/a.wav", b"")
    put("in/manifest.csv", "path,text\npr\u00fcf.wav,ja\nde\\a.wav,ja\n")
    assert [row.source.path for row in read(tmp_path / "in")] == [
        f"{tmp_path}/in/pru\u0308f.wav",
        f"{tmp_path}/in/de/a.wav",
    ]


def test_paths_are_also_looked_for_beside_a_manifest_that_is_named(tmp_path, put):
    tree_of(put, ["DE/one/a.wav", "DE/two/b.wav", "two/b.wav"])
    manifest = put(
        "in/DE/one.jsonl", "".join(json.dumps({"path": p}) + "\n" for p in ("one/a.wav", "two/b.wav", "c.wav"))
    )
    found = read(tmp_path / "in", manifest=manifest)
    assert [row.source.path.removeprefix(f"{tmp_path}/in/") for row in found] == ["DE/one/a.wav", "two/b.wav", "c.wav"]


def test_shelves_are_nobody(tmp_path, put):
    tree_of(put, ["de_DE/by_book/female/eva_k/prinz/wavs/1.wav", "de_DE/by_book/male/karl/x/wavs/1.wav"])
    put("in/de_DE/by_book/female/eva_k/prinz/metadata.csv", "1|Der Prinz.|der prinz\n")
    found = read(tmp_path / "in")
    assert people(found) == {("de_DE", "eva_k"), ("de_DE", "karl")}
    assert [row.text for row in found] == ["der prinz", None]


def test_speakers_that_look_like_nothing_stay_apart(tmp_path, put):
    said = [("a", 0), ("b", 0), ("a", None), ("b", "")]
    rows = [{"path": f"{folder}/{number}.wav", "speaker": speaker} for number, (folder, speaker) in enumerate(said)]
    put("in/manifest.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    assert [row.speaker for row in read(tmp_path / "in")] == ["0", "0", "a", "unknown"]


def test_parts_of_a_recording_are_utterances_of_their_own(tmp_path, put):
    rows = [{"audio_filepath": "x.wav", "offset": start, "duration": 1.0, "text": str(start)} for start in (0.0, 1.5)]
    put("in/manifest.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    found = read(tmp_path / "in")
    assert [(row.key, row.part.start, row.part.seconds, row.text) for row in found] == [
        ("x-0-1000", 0.0, 1.0, "0.0"),
        ("x-1500-1000", 1.5, 1.0, "1.5"),
    ]


def test_a_name_that_is_no_utf8_has_a_key(tmp_path):
    (tmp_path / "in/de/a").mkdir(parents=True)
    open(os.fsencode(tmp_path / "in/de/a") + b"/gr\xfc\xdfe.wav", "wb").close()
    (found,) = read(tmp_path / "in")
    assert found.key.isascii()
    assert os.path.exists(Utterance.from_json(found.to_json()).source.path)


ROWS = [
    {"path": "x/1.wav", "language": "de", "speaker": "anna", "text": 'eins, "zwei"'},
    {"path": "fr/bert/2.wav", "language": None, "speaker": None, "text": None},
]


def written(rows, separator):
    quoted = [['"' + (row[name] or "").replace('"', '""') + '"' for name in row] for row in rows]
    return "\n".join([separator.join(rows[0]), *(separator.join(row) for row in quoted)]) + "\n"


@pytest.mark.parametrize("kind", ["jsonl", "csv", "tsv", "jsonl.gz", "csv.gz"])
def test_a_manifest_says_more(tmp_path, put, kind):
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    content = "\ufeff" + (lines if "jsonl" in kind else written(ROWS, "\t" if kind == "tsv" else ","))
    put("not listed.wav", b"")
    path = put(f"manifest.{kind}", gzip.compress(content.encode()) if kind.endswith(".gz") else content)
    for found in (read(tmp_path), read(tmp_path, manifest=path)):
        assert [(row.language, row.speaker, row.text) for row in found] == [
            ("de", "anna", 'eins, "zwei"'),
            ("fr", "bert", None),
        ]
        assert found[0].source.path == str(tmp_path / "x/1.wav")


def test_manifests_of_other_toolkits(tmp_path, put):
    put("manifest.jsonl", json.dumps({"audio_filepath": "/data/a.wav", "duration": 3.2}) + "\n")
    (found,) = read(tmp_path, language="de")
    assert (found.source.path, found.language) == ("/data/a.wav", "de")
    assert sentences(tmp_path, language="de")[0].endswith("first /data/a.wav, language de, speaker not known")
    assert sentences(tmp_path)[0].endswith("first /data/a.wav, language not known, speaker not known")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not JSON"),
        ('["a"]', "expected an object with 'path', found [\"a\"]"),
        ('{"file": 1}', "no 'path' or 'audio_filepath', only file"),
        ("{}", "no 'path' or 'audio_filepath', only nothing"),
    ],
)
def test_a_bad_row_of_a_manifest_is_rejected_alone(tmp_path, put, content, message):
    put("manifest.jsonl", f'{{"path": "a.wav"}}\n{content}\n{{"path": "b.wav"}}\n')
    first, bad, last = read(tmp_path)
    assert (first.key, last.key) == ("a", "b")
    assert (bad.key, bad.reason) == ("manifest.jsonl, line 2", "malformed")
    assert bad.detail.startswith(message)


@pytest.mark.parametrize(("kind", "separator"), [("csv", ","), ("tsv", "\t")])
def test_a_row_with_more_fields_than_columns_is_rejected_alone(tmp_path, put, kind, separator):
    rows = [
        ("path", "text", "language"),
        ("a.wav", "well", "then", "de"),
        ("b.wav", "so", "de", ""),
        ("c.wav", "short"),
    ]
    put(f"manifest.{kind}", "".join(separator.join(row) + "\n" for row in rows))
    bad, padded, short = read(tmp_path)
    assert (bad.key, bad.reason) == (f"manifest.{kind}, line 2", "malformed")
    assert bad.detail == "more fields than columns: 'de'"
    assert [(row.key, row.text, row.language) for row in (padded, short)] == [("b", "so", "de"), ("c", "short", "und")]


@pytest.mark.parametrize(("kind", "separator"), [("csv", ", "), ("tsv", " \t ")])
def test_spaces_around_the_names_of_columns_are_none_of_theirs(tmp_path, put, kind, separator):
    put(f"manifest.{kind}", "".join(separator.join(row) + "\n" for row in [("path", "speaker", "language"), "abc"]))
    (found,) = read(tmp_path)
    assert (found.speaker, found.language) == ("b", "c")


def test_a_damaged_manifest_is_named(tmp_path, put):
    put("manifest.jsonl.gz", gzip.compress(b'{"path": "a.wav"}\n' * 100)[:-10])
    with pytest.raises(ValueError, match=r"manifest\.jsonl\.gz is damaged .*download it again"):
        read(tmp_path)


def test_quotation_marks_in_a_tsv_quote_nothing(tmp_path, put):
    put("manifest.tsv", 'path\tspeaker\ttext\na.wav\ts\t"to begin\nb.wav\ts\t"all" of it\n')
    assert [row.text for row in read(tmp_path)] == ['"to begin', '"all" of it']


def test_a_row_of_a_csv_whose_quotation_never_ends_is_rejected_alone(tmp_path, put):
    put("manifest.csv", 'path,text\na.wav,"to begin\nb.wav,all\n')
    bad, good = read(tmp_path)
    assert (bad.key, bad.reason, good.key) == ("manifest.csv, line 2", "malformed", "b")


def test_several_sources_may_have_the_same_names(tmp_path, put):
    sources = [put(f"{disc}/de/s/a.wav", b"").parents[2] for disc in ("one", "two")]
    found = list(utterances(tmp_path / "scratch", sources=sources, language=None))
    assert len({row.key for row in found if not isinstance(row, str)}) == 2


def test_names_in_other_scripts_stay_apart(tmp_path, put):
    for speaker in ("話者一", "話者二", "Müller", "Möller"):
        put(f"in/日本/{speaker}/a.wav", b"")
    put("in/中国/a/a.wav", b"")
    found = read(tmp_path / "in", layout="language/speaker/*")
    assert len({row.speaker for row in found}) == 5
    assert len({row.language for row in found}) == 2


def test_nothing_to_read(tmp_path):
    with pytest.raises(ValueError, match=r"holds no \.wav, "):
        read(tmp_path)
    with pytest.raises(ValueError, match="is not there"):
        read(tmp_path, manifest=tmp_path / "gone.csv")
    for name in ("index.json", "shard.00000.mds", "shard.00001.mds"):
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match=r"files; but 2 \.mds, 1 \.json, such as index\.json$"):
        read(tmp_path)
    (tmp_path / "my cuts.jsonl.gz").touch()
    with pytest.raises(ValueError, match=r"a list is read by --manifest, such as '.*/my cuts\.jsonl\.gz'$"):
        read(tmp_path)
    (tmp_path / "train.parquet").touch()
    with pytest.raises(ValueError, match=r"but train\.parquet: python -m data_prep huggingface reads such files"):
        read(tmp_path)


def test_archives_in_a_folder_are_read_whatever_their_case_or_told(tmp_path, put):
    def tar(number):
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w") as archive:
            archive.addfile(tarfile.TarInfo(f"de/anna/{number}.wav"))
        return content.getvalue()

    put("in/a.tar", tar(1))
    put("in/B.TAR", tar(2))
    put("in/c.tar.zst", b"(\xb5/\xfd" + bytes(100))
    *found, left_out = sorted(read(tmp_path / "in"), key=lambda item: isinstance(item, Rejection))
    assert sorted(row.key.rpartition("-")[0] for row in found) == ["B_de_anna_2", "a_de_anna_1"]
    assert (left_out.key, left_out.reason) == ("c.tar.zst", "malformed")
    assert "compressed with zstd, which is not read: unpack it" in left_out.detail
    put("in/de/anna/3.wav", b"")
    assert "not read: 3 archives, such as B.TAR; only the recordings beside" in sentences(tmp_path / "in")


def test_an_archive_inside_an_archive_is_told(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name in ("de/anna/1.wav", "inner.tar"):
            archive.addfile(tarfile.TarInfo(name))
    assert "not read: 1 archive, such as inner.tar; only the recordings beside" in sentences(tmp_path / "a.tar")
    with tarfile.open(tmp_path / "b.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("inner.tar"))
    with pytest.raises(ValueError, match=r"b\.tar holds no .*; but 1 archive, such as inner\.tar: unpack b\.tar"):
        sentences(tmp_path / "b.tar")


@pytest.mark.parametrize("out", ["in/out", "in"])
def test_what_the_command_writes_is_none_of_the_recordings(tmp_path, put, out):
    put(f"{out}/mine/de/train-00000.tar", b"")
    put("in/raw.tar", b"")
    put("in/raw.tar.gz", b"")
    scratch = tmp_path / out / "mine" / ".unfinished" / "unpacked"
    items = utterances(scratch, sources=[tmp_path / "in"], language=None)
    assert next(items) == "2 archives, such as raw.tar"


def test_a_recording_in_the_place_of_a_folder_is_told(tmp_path, put):
    with pytest.raises(ValueError, match=r"a\.wav is a recording: give the folder that it is in"):
        read(put("a.wav", b""))
    put("in/a.wav", b"")
    with pytest.raises(ValueError, match="in is a folder: expected a list"):
        read(tmp_path / "in", manifest=tmp_path / "in")
