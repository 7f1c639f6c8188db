"""Who speaks which language, as the folders and names of files in a corpus say it."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import NamedTuple

from lfsc.audio.languages import is_language
from lfsc.io.messages import say_count

MLS_LANGUAGES = {
    "dutch": "nl",
    "english": "en",
    "french": "fr",
    "german": "de",
    "italian": "it",
    "polish": "pl",
    "portuguese": "pt",
    "spanish": "es",
}
LANGUAGES = MLS_LANGUAGES | {
    "chinese": "zh",
    "finnish": "fi",
    "greek": "el",
    "hungarian": "hu",
    "japanese": "ja",
    "russian": "ru",
}
# Folders that sort files and name nobody.
SORTING = re.compile(
    r"(wav(e|s|\d)*(k?hz\w*|_silence_trimmed)?|flac|mp3|opus|ogg|audios?(_\d+khz)?|sounds?|clips|recordings?|data|corpus"
    r"|speech|segments?|(train|dev|te?st|val|eval)(ing|el|id|idation|uation)?([-_](clean|other|set|common|mp3|wav"
    r"|audio|\d+).*)?|by_book|(fe)?male|mixe?d?|(bucket|shard|part)s?_?\d*)",
    re.IGNORECASE,
)
EXPECTED = "--layout language/speaker/*, or speaker/*, or what else they are in order, or '*' where they name neither"


class Labels(NamedTuple):
    """None of what is not known."""

    language: str | None = None
    speaker: str | None = None


class Layout(NamedTuple):
    """`labels` gives those of a recording by its path, None where the path is not of this layout.

    `corpus` is the name of the known corpus that has this layout, "" for any other.
    """

    name: str
    labels: Callable[[str], Labels | None]
    corpus: str = ""


class Known(NamedTuple):
    """A corpus by the form of its paths, and the same for people; its language where it has one."""

    name: str
    shape: str
    form: str
    language: str | None = None
    speaker: str | None = None


KNOWN = (
    Known("LibriSpeech", "speaker/chapter/speaker-chapter-number", r"(?P<c>\d+)/(?P<speaker>\d+)-(?P=c)-\d+", "en"),
    Known("LibriTTS", "speaker/chapter/speaker_chapter_…", r"(?P<c>\d+)/(?P<speaker>\d+)_(?P=c)_\d+_\d+", "en"),
    Known("MLS", "speaker/book/speaker_book_number", r"(?P<c>\d+)/(?P<speaker>\d+)_(?P=c)_\d+"),
    Known("VCTK", "speaker/speaker_number", r"(?P<speaker>[ps]\d+)/(?P=speaker)_\d+(_mic\d)?", "en"),
    Known(
        "FLEURS",
        "language/part/number",
        r"(?P<language>[a-z]{2,3}(_[a-z]{2,4}){1,2})/(audio/)?(?P<part>train|dev|test)/((?P=part)/)?\d+",
    ),
    Known("VoxPopuli", "language/year/date-…", r"(?P<language>[a-z]{2})/(19|20)\d\d/\d{8}-\d{4}-PLENARY.*"),
    Known("LJSpeech", "chapter-number", r"LJ\d+-\d+", "en", "LJ"),
    Known("AISHELL", "speaker/BAC009…", r"(?P<speaker>S\d{4})/BAC009(?P=speaker)W\d+", "zh"),
    Known("AISHELL-3", "speaker/speaker…", r"(?P<speaker>SSB\d{4})/(?P=speaker)\d{4}", "zh"),
    Known("THCHS-30", "part/speaker_number", r"data_thchs30/\w+/(?P<speaker>[A-D]\d+)_\d+", "zh"),
    Known("MagicData", "speaker/speaker_date", r"(?P<speaker>\d+_\d+)/(?P=speaker)_\d{14}", "zh"),
    Known("WenetSpeech", "source/B…/recording", r"(youtube|podcast)/B\d{5}/[XY]\d{10}_[^/]+", "zh"),
    Known("GigaSpeech", "source/P…/recording", r"(podcast|youtube|audiobook)/P\d{4}/(POD|YOU|AUD)\d{10}", "en"),
    Known("TIMIT", "dialect/speaker/sentence", r"(?i:dr[1-8]/(?P<speaker>[fm][a-z]{3}\d)/s[aix]\d+(\.wav)?)", "en"),
    Known("JSUT", "part/wav/sentence", r"jsut_ver[\d.]+/\w+/wav/[\w-]+", "ja", "JSUT"),
    Known("JVS", "speaker/part/wav24kHz16bit/sentence", r"(?P<speaker>jvs\d{3})/\w+/wav24kHz16bit/[\w-]+", "ja"),
    Known("KSS", "part/part_number", r"kss[^/]*/(?P<part>\d)/(?P=part)_\d{4}", "ko", "KSS"),
    Known("Hi-Fi TTS", "reader_quality/book/…", r"audio/(?P<speaker>\d+)_(clean|other)/\d+/[^/]+", "en"),
    Known("TED-LIUM", "sph/talk", r"sph/(?P<speaker>[A-Za-z0-9]+_(19|20)\d\d\w?)", "en"),
    Known("DAPS", "room/speaker_script_room", r"(?P<speaker>[fm]\d+)_script\d_\w+", "en"),
    Known("BABEL", "BABEL_…_speaker_date_…", r"BABEL_\w+_\d{3}_(?P<speaker>\d{5})_\d{8}_\d{6}_\w+"),
    Known("Golos", "source/hash", r"(crowd|farfield)\d*/(\d+/)?[0-9a-f]{32}", "ru"),
    Known("Speech Commands", "word/speaker_nohash_number", r"\w+/(?P<speaker>[0-9a-f]{8})_nohash_\d+", "en"),
    Known("VoxCeleb", "speaker/video/number", r"(?P<speaker>id\d{5})/[\w-]{11}/\d{5}"),
    Known("CN-Celeb", "speaker/genre-…", r"(?P<speaker>id\d{5})/[a-z_]+-\d\d-\d{3}", "zh"),
    Known("CREMA-D", "speaker_sentence_mood_level", r"(?P<speaker>1\d{3})_[A-Z]{3}_[A-Z]{3}_(LO|MD|HI|XX?)", "en"),
    Known("RAVDESS", "speaker/numbers", r"(?P<speaker>Actor_\d\d)/(\d\d-){6}\d\d", "en"),
    Known("Libri-Light", "speaker/book/chapter", r"(?P<speaker>\d+)/\w+_\d+kb_mp3/\w+", "en"),
    Known(
        "MuST-C or mTEDx",
        "languages/data/part/wav/talk",
        r"(?P<language>[a-z]{2})-[a-z]{2}/data/[^/]+/wav/(?P<speaker>[\w-]+)",
    ),
    Known("OpenSLR", "wavs/speaker_number", r"(?P<speaker>[a-z]{2,3}[fms]?_\d{4,5})_\d{10,11}"),
    # There is no more to tell its speakers apart by than the videos.
    Known(
        "YODAS", "part/audio/video…", r"(?P<language>[a-z]{2,3})\d{3}/audio/(\d+/)*(?P<speaker>[\w-]{11})(-\d+){0,3}"
    ),
    Known(
        "CSS10",
        "language/book/book_number",
        r"(?i:[^/]*(css10|single[-_]speaker)[^/]*)/(\w+/)?(?P<book>[^/]+)/(?P=book)_\d{4,5}",
        speaker="CSS10",
    ),
    Known("Emilia", "language_book_speaker_number", r"(?P<speaker>(?P<language>[A-Z]{2})_B\d+_S\d+)_W\d+"),
)
COMMON_VOICE = re.compile(r"(.*/)?clips/common_voice_[\w-]+\.mp3")


def find_layout(names: Sequence[str], *, root: str, spec: str | None = None, language_given: bool = False) -> Layout:
    """The layout of the recordings `names` in the folder `root`; ValueError where it cannot be told.

    With `spec`, such as language/speaker/*, that one. If `language_given`, no folder need name a language.
    """
    if spec is not None:
        return Layout(spec, partial(by_spec, parse_spec(spec)))
    for known in KNOWN:
        labels = partial(by_form, re.compile(rf"(.*/)?{known.form}\.\w+"), known, root)
        if 2 * sum(labels(name) is not None for name in names) > len(names):
            return Layout(f"{known.name} ({known.shape})", labels, known.name)
    labels = partial(by_folders, language_given)
    unclear = next((name for name in names if labels(name) is None), None)
    if unclear is not None:
        raise ValueError(
            f"none of the folders of {unclear} names a language, so which is the speaker's? Give {EXPECTED}"
        )
    return Layout("language/speaker/*, or speaker/*", labels)


def is_common_voice(names: Sequence[str]) -> bool:
    """Whether these are clips of Common Voice, whose speakers are in tables beside them."""
    return 2 * sum(COMMON_VOICE.fullmatch(name) is not None for name in names) > len(names)


def describe_labels(name: str, labels: Sequence[Labels | None], *, language: str | None = None) -> str:
    """What was understood, in a sentence; `language` is that of recordings whose folders name none."""
    known = [label for label in labels if label is not None]
    languages = Counter(label.language or language or "not known" for label in known)
    most = ", ".join(language for language, _ in languages.most_common(5)) + (", …" if len(languages) > 5 else "")
    speakers = dict.fromkeys(label.speaker for label in known if label.speaker is not None)
    # Whether moods or days were taken for speakers, only names show.
    example = f" such as {next(iter(speakers))}" if speakers else ""
    unknown = sum(label.speaker is None for label in known)
    counts = f"{say_count(len(known), 'recording')}, {say_count(len(speakers), 'speaker')}{example}"
    of_nobody = f", {say_count(unknown, 'recording')} of unknown speakers" if unknown else ""
    return f"understood as {name}: {counts}{of_nobody}; language: {most}"


def by_form(form: re.Pattern, known: Known, root: str, name: str) -> Labels | None:
    path = f"{root}/{name}"
    found = form.fullmatch(path)
    if not found:
        return None
    groups = found.groupdict()
    if not is_language(groups.get("language", "und")):
        return None
    language = known.language or (groups["language"].lower() if "language" in groups else language_of_folders(path))
    return Labels(language, known.speaker or groups.get("speaker"))


def language_of_folders(path: str) -> str | None:
    """A language in the name of a folder, as mls_german or cml_tts_dataset_german_v0.1, or a folder's name."""
    folders = PurePosixPath(path).parts[:-1]
    words = (word.lower() for folder in reversed(folders) for word in re.split("[_-]", folder))
    found = next((LANGUAGES[word] for word in words if word in LANGUAGES), None)
    return found or next(filter(is_language, folders), None)


def by_folders(language_given: bool, name: str) -> Labels | None:
    """The first folder that is a language and the one after it.

    Without a language, the only folder, or that which begins the file's name, as in read/ex01/happy/ex01_happy_7.wav.
    """
    path = PurePosixPath(name)
    folders = [folder for folder in path.parts[:-1] if folder != "/" and not SORTING.fullmatch(folder)]
    if not folders:
        return Labels()
    place = next((place for place, folder in enumerate(folders) if is_language(folder)), None)
    if len(folders) == 1:
        return Labels(folders[0]) if place == 0 and not language_given else Labels(None, folders[0])
    if place is None:
        begin = [folder for folder in folders if path.name.startswith((f"{folder}_", f"{folder}-"))]
        return Labels(None, begin[0]) if len(begin) == 1 else None
    return Labels(folders[place], folders[place + 1] if place + 1 < len(folders) else None)


def parse_spec(spec: str) -> tuple[list[str], list[str]]:
    """The words before the star and after it."""
    words = spec.split("/")
    is_clear = {"language", "speaker"} & set(words) or spec == "*"
    if not is_clear or words.count("*") > 1 or len(set(words)) < len(words):
        raise ValueError(f"--layout {spec}: expected words such as language/speaker/*, each once, with one * at most")
    place = words.index("*") if "*" in words else len(words)
    return words[:place], words[place + 1 :]


def by_spec(words: tuple[list[str], list[str]], name: str) -> Labels | None:
    folders = PurePosixPath(name).parts[:-1]
    front, back = words
    if len(folders) < len(front) + len(back):
        return None
    ends = (*folders[: len(front)], *folders[len(folders) - len(back) :])
    found = dict(zip([*front, *back], ends, strict=True))
    return Labels(found.get("language"), found.get("speaker"))
