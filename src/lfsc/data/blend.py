"""How much of each corpus and language training hears."""

from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import NamedTuple

from lfsc.data.corpus import Dataset
from lfsc.nn.arguments import brief, require_numbers


class Share(NamedTuple):
    """`hours` there are, `share` of the clips drawn, and the hours of the blend that this share would be."""

    corpus: str
    language: str
    hours: float
    share: float
    effective_hours: float


class Blend:
    """A dataset is drawn in proportion to its hours ** `alpha`, times its weights.

    With alpha 1 every hour counts alike, with 0 every dataset; between, small languages come more often than their
    hours say. `weights` are by hand: of a language, a corpus or "corpus/language"; 0 leaves it out.
    """

    def __init__(self, *, alpha: float, weights: Mapping[str, float] | None):
        require_numbers(least=-10, most=10, alpha=alpha)
        if not isinstance(weights, Mapping | None):
            raise ValueError(f"weights is {brief(weights)}: expected a number for each name, such as {{de: 2}}")
        self.alpha = alpha
        self.weights = dict(weights or {})
        for name, weight in self.weights.items():
            require_numbers(least=0, **{f"weights.{name}": weight})

    def __call__(
        self, datasets: Sequence[Dataset], hours: Iterable[float], *, known: Sequence[Dataset] | None = None
    ) -> list[float]:
        """The share of each dataset, of 1 in all; weights may name those that are `known` but not drawn from."""
        self.check_names(datasets if known is None else known)
        blended = [
            hour**self.alpha * self.weight(dataset) if self.weight(dataset) else 0.0
            for dataset, hour in zip(datasets, hours, strict=True)
        ]
        if sum(blended) == 0:
            raise ValueError(f"the blend's weights {self.weights} leave no dataset to train on")
        return [weight / sum(blended) for weight in blended]

    def weight(self, dataset: Dataset) -> float:
        return prod(self.weights.get(name, 1.0) for name in names_of(dataset))

    def check_names(self, datasets: Sequence[Dataset]) -> None:
        known = {name for dataset in datasets for name in names_of(dataset)}
        unknown = [name for name in self.weights if name not in known]
        if unknown:
            raise ValueError(f"blend weight for {', '.join(unknown)}: the data have {', '.join(sorted(known))}")


def names_of(dataset: Dataset) -> tuple[str, str, str]:
    return dataset.corpus, dataset.language, f"{dataset.corpus}/{dataset.language}"


def tabulate_shares(datasets: Sequence[Dataset], blended: Sequence[float]) -> list[Share]:
    """A row for each dataset, the one most drawn from first."""
    total = sum(dataset.hours for dataset in datasets)
    rows = [
        Share(dataset.corpus, dataset.language, dataset.hours, share, share * total)
        for dataset, share in zip(datasets, blended, strict=True)
    ]
    return sorted(rows, key=lambda row: (-row.share, row.corpus, row.language))
