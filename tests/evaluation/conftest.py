"""Small test sets, a codec whose reconstructions are known exactly, and pages in a browser."""

import json
import shutil
import subprocess
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
import torch

from lfsc.audio import files
from lfsc.evaluation.clips import Clip
from lfsc.evaluation.codecs.base import Reconstruction, TokenCodec
from lfsc.evaluation.report.summary import Report, definitions
from lfsc.evaluation.runner import ClipResult, CodecResult
from lfsc.evaluation.signal_metrics import signal_metrics
from lfsc.metrics.codebook import token_counts
from lfsc.metrics.metric import Measurement

RATE = 22050


@pytest.fixture(scope="session")
def write_clips(voice) -> Callable[[Path], list[Clip]]:
    """Writes four recordings of a second into a folder: two languages, three speakers, rates of 8, 16 and 22.05 kHz."""

    def write(folder: Path) -> list[Clip]:
        for name, rate in (
            ("de/ann/a.wav", 22050),
            ("de/ben/b.flac", 16000),
            ("en/cat/c.wav", 22050),
            ("en/cat/d.wav", 8000),
        ):
            files.write(folder / name, voice(1, rate=rate, seed=len(name) + rate), sample_rate=rate)
        return [Clip(key=path.name, path=path, speaker=path.parent.name) for path in sorted(folder.rglob("*.*"))]

    return write


@pytest.fixture
def clips(write_clips, tmp_path) -> list[Clip]:
    return write_clips(tmp_path / "recordings")


@pytest.fixture
def recordings(clips, tmp_path) -> Path:
    """The folder of the clips."""
    return tmp_path / "recordings"


class Coarse(TokenCodec):
    """Rounds samples to sixteenths: one codebook, a token a sample."""

    kind = "coarse"
    sample_rate = RATE
    frame_rate = RATE
    codebook_size = 32

    def encode_decode(self, audio: torch.Tensor) -> Reconstruction:
        tokens = ((audio.clamp(-0.99, 0.99) + 1) * 16).long()
        return self.reconstruction((tokens + 0.5) / 16 - 1, tokens[None])


@pytest.fixture(scope="session")
def coarse() -> TokenCodec:
    return Coarse()


def row(codec, key, value, *, language="de", status="ok", bandwidth="full", **more):
    clip = Clip(key=key, path=None, language=language, speaker=f"speaker of {key}")
    metrics = {"mel_distance": Measurement(value), "si_sdr": Measurement(-value)} if status == "ok" else {}
    return ClipResult(codec, clip, status, bandwidth=bandwidth, seconds=2.0, bits=100.0, metrics=metrics, **more)


@pytest.fixture
def report(coarse) -> Report:
    tokens = coarse.encode_decode(torch.full((100,), 0.3)).tokens
    ours = [
        row("ours", "a", 0.1),
        row("ours", "b", 0.3, language="en", bandwidth="16 kHz", unmeasured={"stoi": "too short"}),
        row("ours", "c", 0.0, status="misaligned", reason="offset: 3 samples"),
        row("ours", "d", 0.0, status="failed", reason="not a recording"),
    ]
    theirs = [row("theirs", "a", 0.2), row("theirs", "b", 0.4, language="en")]
    results = {
        "ours": CodecResult(coarse, ours, token_counts(tokens[None], codebook_size=32), -80.0),
        "theirs": CodecResult(coarse, theirs, None, None),
    }
    described = definitions(list(signal_metrics(RATE)), RATE)
    return Report({"data": "x", "clips": 4, "sample_rate": RATE}, described, results, {"cer": "no weights"})


@pytest.fixture(scope="session")
def chromium() -> str:
    found = next((name for name in ("chromium", "chromium-browser", "google-chrome") if shutil.which(name)), None)
    if found is None:
        pytest.skip("no Chromium is installed (Debian's package chromium) to show the page in")
    return found


@pytest.fixture
def browse(chromium, tmp_path):
    """Runs a script in a page that was loaded without a network, and returns its `result`."""

    def run(page: Path, script: str, *, width: int = 1280, height: int = 2000, screenshot: Path | None = None):
        probed = tmp_path / "probed.html"
        probe = (
            f"<script>(async () => {{ {script}; document.body.dataset.result = JSON.stringify(result) }})()</script>"
        )
        probed.write_text(page.read_text(encoding="utf-8").replace("</body>", f"{probe}</body>"), encoding="utf-8")
        wanted = f"--screenshot={screenshot}" if screenshot else "--dump-dom"
        command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
                   "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=20000",
                   f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},{height}", wanted,
                   page.as_uri() if screenshot else probed.as_uri()]  # fmt: skip
        shown = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        if screenshot:
            return None
        _, _, rest = shown.stdout.partition('data-result="')
        assert rest, shown.stderr[-2000:]
        return json.loads(unescape(rest.partition('"')[0]))

    return run
