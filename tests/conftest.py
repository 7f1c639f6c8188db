"""Fixtures that every test may use."""

import json
import math
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from pathlib import Path
from typing import NamedTuple

import numpy
import pytest
import torch
from omegaconf import DictConfig

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
COMMITTED_ORACLES = Path(__file__).with_name("nemo_oracle")


def pytest_sessionstart() -> None:
    # The first backward starts a thread for each device, and after that no forked process may train. Once torch.export,
    # torch.compile or a fake tensor has been used, it takes CUDA for one, also where there is none.
    torch.ones(1, requires_grad=True).backward()


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("gpu") and not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")


@pytest.fixture(scope="session", autouse=True)
def compose_once() -> Iterator[None]:
    """Hydra composes a recipe of the repository with the same options once: that takes 0.15 s, and many tests ask."""
    from lfsc.config import compose

    compose_file, composed = compose.compose_file, {}

    def compose_file_once(path: Path, overrides: list[str], *, alone: bool = False) -> DictConfig:
        if ROOT not in path.parents:
            return compose_file(path, overrides, alone=alone)
        key = path, tuple(overrides), alone
        if key not in composed:
            composed[key] = compose_file(path, overrides, alone=alone)
        return deepcopy(composed[key])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compose, "compose_file", compose_file_once)
        yield


def shared_folder(name: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"{name} is not there: it is looked for in a folder `shared` beside the checkout")
    return folder


@pytest.fixture(scope="session")
def real_speech() -> Path:
    """A folder with recordings, `<language>/<speaker>/<file>`, and their manifest.jsonl."""
    return shared_folder("speech")


@pytest.fixture
def close(tmp_path, monkeypatch) -> Callable[[str], None]:
    """close(name) makes a folder below the test's one that may not be looked into, also where root runs the tests."""
    closed, scan = set(), os.scandir

    def refuse(path="."):
        if Path(path) in closed:
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    return lambda name: closed.add(tmp_path / name)


def oracles(kind: str) -> list:
    """Folders with what NeMo itself computes: the committed one and, where it lies beside the checkout, a wider one."""
    wider = SHARED / "nemo_reference" / kind
    wider = [pytest.param(wider, id=f"wider {kind}", marks=pytest.mark.slow)] if wider.is_dir() else []
    return [pytest.param(COMMITTED_ORACLES / kind, id=kind), *wider]


@pytest.fixture(scope="session", params=[*oracles("tiny"), *oracles("nano")])
def nemo_reference(request) -> Path:
    """What NeMo itself computes on a narrow codec: codec.nemo, wavlm/, reference.npz, reference.json."""
    return request.param


class Reference(NamedTuple):
    arrays: dict[str, torch.Tensor]
    scalars: dict
    codec: torch.nn.Module
    discriminators: torch.nn.Module


def results(folder: Path) -> tuple[dict[str, torch.Tensor], dict]:
    with numpy.load(folder / "reference.npz") as file:
        arrays = {name: torch.from_numpy(file[name]) for name in file.files}
    return arrays, json.loads((folder / "reference.json").read_text())


@pytest.fixture
def reference(nemo_reference) -> Reference:
    """NeMo's results and, fresh for each test, our codec and discriminators with its weights."""
    return read_reference(nemo_reference)


@pytest.fixture
def tiny_reference() -> Reference:
    """The same of the smallest codec alone, for what is no comparison with NeMo."""
    return read_reference(COMMITTED_ORACLES / "tiny")


def read_reference(folder: Path) -> Reference:
    from lfsc.config.instantiate import build
    from lfsc.formats.nemo.archive import Archive

    arrays, scalars = results(folder)
    archive = Archive(folder / "codec.nemo")
    archive.discriminators["slm"]["slm"]["path"] = str(folder / "wavlm")
    codec, discriminators = build(archive.codec), build(archive.discriminators)
    codec.load_state_dict(dict(archive.codec_weights()))
    discriminators.load_state_dict(dict(archive.discriminator_weights()))
    return Reference(arrays, scalars, codec, discriminators)


@pytest.fixture(scope="session")
def make_codec():
    """Builds a narrow codec with seeded weights whose tokens spread over the codebooks; arguments change its shape."""
    return narrow_codec


@pytest.fixture(scope="session")
def write_checkpoint():
    """Writes a narrow codec to a path as a training checkpoint; arguments change its shape."""

    def write(path: Path, **shape) -> Path:
        weights = {f"codec.{name}": tensor for name, tensor in narrow_codec(**shape).state_dict().items()}
        torch.save({"state_dict": weights, "config": {"codec": narrow_config(**shape)}, "updates": 0}, path)
        return path

    return write


def narrow_codec(*, seed: int = 0, **shape):
    from lfsc.config.instantiate import build

    torch.manual_seed(seed)
    codec = build(narrow_config(**shape))
    # At initialisation the latents of noise are all but equal, and so would be their tokens.
    with torch.no_grad():
        latents = codec.encoder(torch.randn(1, 64 * codec.hop_length))
        codec.encoder.conv_out.parametrizations.weight.original0 /= latents.std(dim=(0, 2))[:, None, None]
        codec.encoder.conv_out.bias.zero_()
    return codec.eval()


@pytest.fixture
def hold_lock() -> Callable[[Path], AbstractContextManager[subprocess.Popen]]:
    """with hold_lock(path) as process: another process has the lock of `path`."""
    code = (
        "import sys, time; from pathlib import Path; from lfsc.io.lock import lock_file\n"
        "with lock_file(Path(sys.argv[1])): print(flush=True); time.sleep(60)"
    )

    @contextmanager
    def hold(path: Path) -> Iterator[subprocess.Popen]:
        with subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE) as process:
            assert process.stdout.readline(), "it did not get the lock"
            try:
                yield process
            finally:
                process.kill()

    return hold


@pytest.fixture
def small_disk():
    """A context in which no file grows beyond `size` bytes, as on a full disk; for a moment alone, as the log of
    the tests is a file, too."""

    @contextmanager
    def limit(size: int = 1000) -> Iterator[None]:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            signal.signal(signal.SIGXFSZ, handler)

    return limit


@pytest.fixture(scope="session")
def write_index() -> Callable[..., None]:
    """write_index(folder, {("corpus/language", "split"): {"name.tar": (samples, seconds)}}) writes a corpus' index."""

    def write(folder: Path, datasets: dict[tuple[str, str], dict[str, tuple[int, float]]]) -> None:
        entries = [
            {
                "corpus": path.partition("/")[0],
                "language": path.partition("/")[2],
                "split": split,
                "path": path,
                "seconds": sum(seconds for _, seconds in shards.values()),
                "shards": [
                    {"name": name, "bytes": 1024 * samples, "samples": samples, "seconds": seconds}
                    for name, (samples, seconds) in shards.items()
                ],
            }
            for (path, split), shards in datasets.items()
        ]
        (folder / "index.json").write_text(json.dumps({"version": 1, "sample_rate": 22050, "datasets": entries}))

    return write


DECODER_ALONE = ("output_activation", "grouped_upsampling")


def narrow_config(
    *, seed=0, channels=4, rates=(2, 4), levels=(8, 7, 6, 6), num_codebooks=2, sample_rate=22050, **layers
) -> dict:
    eps = {"eps": layers.pop("eps")} if "eps" in layers else {}
    alone = {key: layers.pop(key) for key in DECODER_ALONE if key in layers}
    causal, causal_encoder = (layers.pop(key, False) for key in ("causal", "causal_encoder"))
    shape = {"latent_dim": num_codebooks * len(levels), "kernel_sizes": [3, 7, 11], "in_kernel_size": 7, **layers}
    encoder = {"channels": channels, "rates": list(rates), "dilations": [1], "out_kernel_size": 7}
    decoder = {
        "channels": channels * 2 ** len(rates),
        "rates": list(rates)[::-1],
        "dilations": [1, 3, 5],
        "out_kernel_size": 3,
        **alone,
    }
    # Causal halves have no padding to choose.
    without = {key: value for key, value in shape.items() if key != "pad_mode"}
    of_encoder, of_decoder = (without if half else shape for half in (causal_encoder, causal))
    kind = "causal_decoder.CausalDecoder" if causal else "decoder.Decoder"
    kind_of_encoder = "causal_encoder.CausalEncoder" if causal_encoder else "encoder.Encoder"
    quantizer = {"num_codebooks": num_codebooks, "levels": list(levels), **eps}
    return {
        "_target_": "lfsc.models.codec.Codec",
        "sample_rate": sample_rate,
        "encoder": {"_target_": f"lfsc.models.{kind_of_encoder}", **encoder, **of_encoder},
        "quantizer": {"_target_": "lfsc.models.quantizer.GroupedFSQ", **quantizer},
        "decoder": {"_target_": f"lfsc.models.{kind}", **decoder, **of_decoder},
    }


@pytest.fixture(scope="session")
def voice() -> Callable[..., torch.Tensor]:
    """Makes speech-like sound [T]: a gliding pitch under four syllables a second, another voice for each seed."""
    return speechlike


def speechlike(seconds: float, *, rate: int = 16000, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    time = torch.arange(int(seconds * rate), dtype=torch.float64) / rate
    phase = 2 * math.pi * (120 * time + 20 * torch.sin(2 * math.pi * 0.7 * time + seed))
    weights = torch.rand(30, generator=generator, dtype=torch.float64)
    tone = sum(weight / (k + 1) * torch.sin((k + 1) * phase) for k, weight in enumerate(weights))
    syllables = torch.sin(math.pi * 4 * time + seed).clamp(min=0).square()
    noise = 0.02 * torch.randn(len(time), generator=generator, dtype=torch.float64)
    return (0.3 * syllables * (tone + noise)).float()


@pytest.fixture(scope="session")
def micro():
    """Functions about runs that are over in seconds."""
    import micro

    return micro


@pytest.fixture(scope="session")
def noise_corpus(tmp_path_factory, micro):
    return micro.write_noise(tmp_path_factory.mktemp("noise"))
