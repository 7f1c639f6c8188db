"""Opus through the programs that a machine has: opusenc and opusdec, or ffmpeg."""

import io
import shutil
import subprocess
import tempfile
from pathlib import Path

from torch import Tensor

from lfsc.audio import files
from lfsc.audio.containers.ogg_pages import read_pages
from lfsc.evaluation.codecs.base import Reconstruction, RunnableCodec

OPUS_RATE = 48000
# Each program's command lines to write packets.opus from in.wav, and out.wav from it.
PROGRAMS = {
    "opusenc": (
        "opusenc --quiet --speech --bitrate {kbps} in.wav packets.opus",
        "opusdec --quiet --float --no-dither --rate 48000 packets.opus out.wav",
    ),
    "ffmpeg": (
        "ffmpeg -v error -i in.wav -c:a libopus -application audio -b:a {kbps}k packets.opus",
        "ffmpeg -v error -i packets.opus -c:a pcm_f32le -ar 48000 out.wav",
    ),
}


class Opus(RunnableCodec):
    """Opus (RFC 6716) with 20 ms packets at a variable rate; its bits are those of the packets only."""

    kind = "opus"
    sample_rate = OPUS_RATE

    def __init__(self, *, kbps: float):
        if not 6 <= kbps <= 256:
            raise ValueError(f"opus at {kbps:g} kbps: expected 6 to 256 kbps for one channel")
        self.kbps = kbps
        found = [program for program in PROGRAMS if shutil.which(program)]
        if not found:
            raise ValueError("opus needs the program opusenc (Debian's package opus-tools) or ffmpeg, found neither")
        self.program = found[0]

    def encode_decode(self, audio: Tensor) -> Reconstruction:
        with tempfile.TemporaryDirectory(prefix="lfsc-opus-") as folder:
            files.write(Path(folder, "in.wav"), audio, sample_rate=OPUS_RATE)
            for command in PROGRAMS[self.program]:
                run_program(command.format(kbps=f"{self.kbps:g}").split(), folder)
            decoded = files.read(Path(folder, "out.wav")).audio
            return Reconstruction(decoded, bits=8 * count_payload(Path(folder, "packets.opus").read_bytes()))

    def facts(self) -> dict:
        version = subprocess.run([self.program, "-version" if self.program == "ffmpeg" else "--version"],
                                 capture_output=True, text=True, check=False).stdout  # fmt: skip
        return super().facts() | {"source": version.splitlines()[0], "bitrate": 1000 * self.kbps}


def run_program(command: list[str], folder: str) -> None:
    finished = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise ValueError(f"{' '.join(command)} failed: {(finished.stderr.strip().splitlines() or ['no message'])[-1]}")


def count_payload(ogg: bytes) -> int:
    """Bytes of audio packets in an Ogg file, without its headers: their pages are at position 0."""
    pages = read_pages(io.BytesIO(ogg), 0, len(ogg))
    return sum(len(page.content) - page.packets_at for page in pages if page.end)
