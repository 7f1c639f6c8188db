"""What a training at full size takes on many GPUs: `python benchmarks/scaling.py --update SECONDS [--gpus 8 64 256]`.

A model on paper, of an update that was measured on one GPU: what the gradients' exchange adds, what loader and storage
must give, and how long the recipe takes. Bandwidths are what is reached, not what is advertised.
"""

import argparse
import math
from typing import NamedTuple

# Parameters of the recipe lfsc_22khz: codec, and the period, STFT and SLM discriminators.
GENERATOR, DISCRIMINATORS = 112.7e6, 41.1e6 + 0.5e6 + 1.2e6
BUCKET = 25 * 2**20  # bytes that DDP reduces at once
FLOAT, ADAM = 4, 8  # bytes of a parameter or gradient, and of an optimizer's two moments


class Site(NamedTuple):
    """A measured update, and the machines around it; bandwidths in bytes a second."""

    update: float  # seconds, the mean of updates in which both networks step and those of the generator alone
    batch: int  # clips per GPU
    gpus_per_node: int
    within: float  # between GPUs of a node
    between: float  # from node to node, all links of a node together
    latency: float  # seconds of a hop
    overlap: float  # fraction of an update in which gradients are on their way while others are computed
    crops_per_process: float  # that a loader process gives a second
    clip: float  # bytes of storage that a crop reads
    disk: float  # bytes a second that the first rank writes
    validation: float  # seconds on one GPU


class Row(NamedTuple):
    """What a number of GPUs takes and needs, a second or an update."""

    gpus: int
    exchange: float  # seconds of an update's reductions, were nothing computed meanwhile
    exposed: float  # seconds of them that an update waits for
    update: float
    efficiency: float  # of one GPU's pace
    crops: float  # a second, all GPUs together
    processes: float  # of loaders, per GPU
    storage: float  # bytes a second, all GPUs together
    beside: float  # seconds an update of checkpoints and validation


def exchanged_bytes() -> float:
    """Gradients that a rank reduces in an update: the generator's, and in every second one the discriminators'."""
    return FLOAT * (GENERATOR + DISCRIMINATORS / 2)


def row_of(gpus: int, site: Site, *, checkpoint_every: int, validate_every: int) -> Row:
    nodes = math.ceil(gpus / site.gpus_per_node)
    bandwidth = site.within if nodes == 1 else min(site.within, site.between)
    # A ring sends and receives all but its own share twice; a tree has as many hops up as down.
    share, hops = 2 * (gpus - 1) / gpus, 2 * math.log2(gpus) if gpus > 1 else 0
    buckets = exchanged_bytes() / BUCKET
    exchange = exchanged_bytes() * share / bandwidth + buckets * hops * site.latency
    # The last bucket is complete with the backward pass, so that nothing hides it.
    exposed = max(exchange / buckets, exchange - site.overlap * site.update) if gpus > 1 else 0.0
    update = site.update + exposed
    crops = gpus * site.batch / update
    saved = (GENERATOR + DISCRIMINATORS) * (FLOAT + ADAM) / site.disk / checkpoint_every
    return Row(
        gpus=gpus,
        exchange=exchange,
        exposed=exposed,
        update=update,
        efficiency=site.update / update,
        crops=crops,
        processes=site.batch / update / site.crops_per_process,
        storage=crops * site.clip,
        beside=saved + site.validation / gpus / validate_every,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--update", type=float, required=True, help="seconds of a mean update on one GPU, as measured")
    parser.add_argument("--batch", type=int, default=16, help="clips per GPU in it")
    parser.add_argument("--gpus", type=int, nargs="+", default=[8, 64, 256])
    parser.add_argument("--gpus-per-node", type=int, default=8)
    parser.add_argument("--within", type=float, default=300, metavar="GB/s", help="between GPUs of a node")
    parser.add_argument("--between", type=float, default=40, metavar="GB/s", help="from node to node")
    parser.add_argument("--latency", type=float, default=10, metavar="µs", help="of a hop")
    parser.add_argument("--overlap", type=float, default=0.3, help="of an update, while which gradients are exchanged")
    parser.add_argument("--crops", type=float, default=1085, help="a second of a loader process (docs/performance.md)")
    parser.add_argument("--clip", type=float, default=0.36, metavar="MB", help="read for a crop: 15 s of FLAC")
    parser.add_argument("--crops-per-clip", type=int, default=1)
    parser.add_argument("--disk", type=float, default=1, metavar="GB/s", help="where checkpoints are written")
    parser.add_argument("--validation", type=float, default=60, metavar="S", help="of a validation on one GPU")
    parser.add_argument("--updates", type=int, default=1_000_000)
    parser.add_argument("--checkpoint-every", type=int, default=1000)
    parser.add_argument("--validate-every", type=int, default=5000)
    options = parser.parse_args()
    site = Site(
        update=options.update,
        batch=options.batch,
        gpus_per_node=options.gpus_per_node,
        within=1e9 * options.within,
        between=1e9 * options.between,
        latency=1e-6 * options.latency,
        overlap=options.overlap,
        crops_per_process=options.crops,
        clip=1e6 * options.clip / options.crops_per_clip,
        disk=1e9 * options.disk,
        validation=options.validation,
    )
    every = {"checkpoint_every": options.checkpoint_every, "validate_every": options.validate_every}
    rows = [row_of(gpus, site, **every) for gpus in options.gpus]
    print(f"{exchanged_bytes() / 1e6:.0f} MB of gradients an update; {1000 * site.update:.0f} ms of computing\n")
    print("| GPUs | exchange | waited for | update | of one GPU's pace | crops/s | loader processes per GPU | ", end="")
    print(f"storage | {options.updates:,} updates | the same clips as {rows[0].gpus} GPUs |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        hours = options.updates * (row.update + row.beside) / 3600
        print(
            f"| {row.gpus} | {1e3 * row.exchange:.1f} ms | {1e3 * row.exposed:.1f} ms | {1e3 * row.update:.1f} ms | "
            f"{row.efficiency:.0%} | {row.crops:,.0f} | {row.processes:.1f} | {row.storage / 1e9:.2f} GB/s | "
            f"{hours:,.0f} h | {hours * rows[0].gpus / row.gpus:,.1f} h |"
        )


if __name__ == "__main__":
    main()
