"""The part of a page where one listens: players, spectrograms and waveforms side by side."""

import base64

import torch
from torch import Tensor

from lfsc.audio import files
from lfsc.evaluation.report.examples import MAX_SECONDS, Example
from lfsc.evaluation.report.html import Markup, element, joined, section
from lfsc.evaluation.report.plots import spectrogram_png, waveform_svg


def listening(examples: list[Example], colours: dict[str, int], sample_rate: int) -> Markup:
    articles = []
    for example in examples:
        versions = [version("original", "", example.original, sample_rate, "as it was recorded")]
        for label, audio in example.reconstructions.items():
            versions.append(version(label, f"codec{colours[label]} named", audio, sample_rate, example.notes[label]))
        facts = [fact for fact in (example.clip.language, example.clip.speaker, example.clip.text) if fact]
        about = f"{example.why}; the first {MAX_SECONDS} s at most"
        heading = joined(element("h3", example.clip.key), element("p", " · ".join([about, *facts])))
        articles.append(element("article", heading, element("div", *versions, class_="versions")))
    about = f"Spectrograms reach {sample_rate / 2000:.1f} kHz, 80 dB from black to white; waveforms reach full scale."
    return section("To hear", *articles, about=about, id_="hear")


def version(name: str, class_: str, audio: Tensor, sample_rate: int, note: str) -> Markup:
    audio = torch.where(audio.isfinite(), audio, 0.0)
    sound = files.encode(audio, sample_rate=sample_rate, format="flac")
    return element(
        "figure",
        element("figcaption", element("span", name, class_=class_), element("small", note)),
        element("img", src=inline(spectrogram_png(audio), "image/png"), alt=f"spectrogram: {name}"),
        waveform_svg(audio),
        element("audio", controls="controls", preload="metadata", src=inline(sound, "audio/flac")),
    )


def inline(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
