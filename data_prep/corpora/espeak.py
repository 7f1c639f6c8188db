"""espeak-ng, from the wheel `espeakng-loader`, speaking into memory."""

import ctypes
import re
from _ctypes import dlclose
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import espeakng_loader
import numpy
import torch

from lfsc.audio.files import Recording

# Constants of espeak-ng's speak_lib.h.
AUDIO_OUTPUT_SYNCHRONOUS, CHARS_UTF8 = 2, 1
PARAMETER_RATE, PARAMETER_PITCH, PARAMETER_RANGE = 1, 3, 4
# espeak-ng 1.52 stays silent at the digits of Cherokee and Chuvash, and crashes on those of Greenlandic.
WITHOUT_DIGITS = ("chr", "cv", "kl")
CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class VoiceRecord(ctypes.Structure):
    """The beginning of espeak_VOICE; pointers to it are all that we hold."""

    _fields_ = (("name", ctypes.c_char_p), ("languages", ctypes.c_void_p), ("identifier", ctypes.c_char_p))


class Language(NamedTuple):
    tag: str
    voice: str


def speak(text: str, voice: str, rate: int, pitch: int, pitch_range: int) -> Recording:
    """`text` spoken by `voice` at 22 050 Hz, the same to the last bit whatever was spoken before."""
    chunks: list[bytes] = []

    def receive(samples, count, events):
        chunks.append(ctypes.string_at(samples, 2 * count) if count > 0 else b"")
        return 0

    callback = CALLBACK(receive)
    with open_library() as (library, sample_rate):
        # Its generator of noise starts from the clock.
        library.espeak_ng_SetRandSeed(ctypes.c_long(1))
        library.espeak_SetSynthCallback(callback)
        if library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f"espeak-ng has no voice '{voice}'")
        for parameter, value in ((PARAMETER_RATE, rate), (PARAMETER_PITCH, pitch), (PARAMETER_RANGE, pitch_range)):
            library.espeak_SetParameter(parameter, value, 0)
        content = ctypes.create_string_buffer(text.encode())
        size = ctypes.c_size_t(len(content))
        if library.espeak_Synth(content, size, 0, 0, 0, CHARS_UTF8, None, None) != 0:
            raise ValueError(f"espeak-ng could not speak '{text}' as {voice}")
    samples = numpy.frombuffer(b"".join(chunks), dtype=numpy.int16)
    return Recording(torch.from_numpy(samples.astype(numpy.float32) / 32768), sample_rate)


def languages() -> list[Language]:
    """The natural languages whose numbers espeak-ng speaks, each with a voice; tags are primary (en, not en-gb)."""
    found: dict[str, str] = {}
    with open_library() as (library, _):
        library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(VoiceRecord))
        for record in library.espeak_ListVoices(None):
            if not record:
                break
            # The languages are a priority byte and a tag; the identifier is family/language.
            tag = ctypes.string_at(record.contents.languages + 1).decode().split("-")[0]
            voice = record.contents.identifier.decode()
            if tag in WITHOUT_DIGITS or voice.startswith("art/"):
                continue
            if has_dictionary(tag, voice) and len(voice) < len(found.get(tag, voice + "-")):
                found[tag] = voice
    return [Language(tag, found[tag]) for tag in sorted(found)]


def has_dictionary(tag: str, voice: str) -> bool:
    """Whether the wheel brings what the voice needs: espeak-ng lists languages that it crashes on without."""
    data = Path(espeakng_loader.get_data_path())
    named = re.search(r"^dictionary\s+(\w+)", (data / "lang" / voice).read_text(encoding="utf-8"), re.MULTILINE)
    return (data / f"{named[1] if named else tag}_dict").exists()


@contextmanager
def open_library() -> Iterator[tuple[ctypes.CDLL, int]]:
    """A freshly loaded library and its sample rate: espeak-ng keeps state from text to text that no call resets."""
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    try:
        sample_rate = library.espeak_Initialize(
            AUDIO_OUTPUT_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0
        )
        if sample_rate <= 0:
            raise OSError(f"espeak-ng does not start with the data in {espeakng_loader.get_data_path()}")
        yield library, sample_rate
        library.espeak_Terminate()
    finally:
        dlclose(library._handle)
