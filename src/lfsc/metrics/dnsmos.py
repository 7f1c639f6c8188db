"""DNSMOS: signal, background and overall quality as listeners of noise suppression rate them (arXiv 2110.01763)."""

from pathlib import Path

import torch

from lfsc.metrics.metric import Measurement, Pair

DNSMOS_RATE = 16000
# Names of metrics, in the order of torchmetrics' scores: that of P.808 (arXiv 2010.15258), then those of P.835.
SCORES = ("dnsmos_p808", "dnsmos_sig", "dnsmos_bak", "dnsmos")
GRAPHS = ("model_v8.onnx", "sig_bak_ovr.onnx")
FOLDER = "DNSMOS"


class DNSMOS:
    """Scores of a reconstruction by torchmetrics, which runs Microsoft's two graphs in the `folder` by onnxruntime."""

    def __init__(self, folder: str | Path):
        self.folder = find_graphs(Path(folder))
        from torchmetrics.functional.audio import dnsmos

        self.library = dnsmos
        if dnsmos.librosa is None:
            raise ValueError("DNSMOS needs librosa, onnxruntime and requests: pip install 'lfsc[dnsmos]'")
        self.latest: tuple[Pair, torch.Tensor] | None = None

    def measure(self, pair: Pair, name: str) -> Measurement:
        """One of SCORES."""
        if self.latest is None or self.latest[0] is not pair:
            self.latest = (pair, self.scores(pair))
        return Measurement(float(self.latest[1][SCORES.index(name)]))

    def scores(self, pair: Pair) -> torch.Tensor:
        fake = pair.at(DNSMOS_RATE).fake.cpu()
        # The library takes no folder. It downloads what is not there, but both graphs are.
        usual, self.library.DNSMOS_DIR = self.library.DNSMOS_DIR, str(self.folder)
        try:
            return self.library.deep_noise_suppression_mean_opinion_score(fake, DNSMOS_RATE, personalized=False)
        finally:
            self.library.DNSMOS_DIR = usual


def find_graphs(folder: Path) -> Path:
    """The folder in which `DNSMOS` has both graphs; ValueError where there is none."""
    for place in (folder, folder.absolute().parent if folder.name == FOLDER else folder):
        if all((place / FOLDER / graph).is_file() for graph in GRAPHS):
            return place.absolute()
    raise ValueError(f"{folder} does not hold {' and '.join(f'{FOLDER}/{graph}' for graph in GRAPHS)}")
