"""lfsc evaluate --codec X --data Y --out REPORT"""

import argparse
import sys
from math import inf
from pathlib import Path

from lfsc.commands.own_code import add_own_code, own_code_names
from lfsc.evaluation.protocols import PROTOCOLS
from lfsc.formats.shipped import ABOUT, SHIPPED
from lfsc.parallel import count_cpus

DESCRIPTION = "Compare codecs on the same clips by one protocol: metrics, plots, and clips to listen to."
EPILOG = """\
A codec is what the other commands take (a run, a checkpoint, a bundle, a .nemo archive, a hub name), or one of
identity, griffin-lim, opus:KBPS, encodec:SOURCE@KBPS, dac:SOURCE@CODEBOOKS, mimi:SOURCE@CODEBOOKS,
with SOURCE a local folder or a hub name. LABEL=… in front of it names it in the report.
Metrics whose models are missing are listed as not measured; `lfsc weights fetch` downloads the models."""


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    from lfsc.evaluation.evaluate import evaluate

    return evaluate(options)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="lfsc evaluate",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_data(parser.add_argument_group("what is evaluated"))
    parser.add_argument("--out", type=Path, required=True, metavar="REPORT", help="a folder for the report")
    parser.add_argument("--overwrite", action="store_true", help="replace a report that exists there already")
    add_protocol(parser.add_argument_group("how"))
    add_models(parser.add_argument_group("models of metrics: a local path, a hub name, or none"))
    options = parser.parse_args(arguments)
    check(options)
    options.own_code = own_code_names(options)
    return options


def add_data(data: argparse._ArgumentGroup) -> None:
    add_own_code(data)
    data.add_argument(
        "--codec",
        action="append",
        default=[],
        metavar="[LABEL=]CODEC",
        help=f"repeat to compare (default: {SHIPPED}, which comes with lfsc)",
    )
    data.add_argument(
        "--data", type=Path, help="a corpus, shards, a folder of recordings, or a jsonl, csv or tsv manifest"
    )
    data.add_argument(
        "--pairs",
        nargs=2,
        type=Path,
        action="append",
        default=[],
        metavar=("REFERENCE_DIR", "RECONSTRUCTED_DIR"),
        help="reconstructions by any codec, with the names of their originals; repeat to compare",
    )
    data.add_argument("--split", default="val", help="of a corpus (default: %(default)s)")
    data.add_argument("--limit", type=int, metavar="N", help="evaluate N clips, evenly spaced over all")


def add_protocol(protocol: argparse._ArgumentGroup) -> None:
    protocol.add_argument(
        "--protocol",
        metavar="NAME",
        help="only the metrics of a paper: lfsc, nanocodec or codec-superb (default: all that can be measured)",
    )
    protocol.add_argument(
        "--sample-rate", type=int, default=22050, help="at which clips are compared (default: %(default)s)"
    )
    protocol.add_argument(
        "--tolerance-ms", type=float, default=0, help="by which lengths may differ (default: %(default)s)"
    )
    protocol.add_argument(
        "--level-clips", type=int, default=8, help="number that are also coded at other levels (default: %(default)s)"
    )
    protocol.add_argument(
        "--examples-by",
        default="mel_distance",
        metavar="METRIC",
        help="that chooses the worst and best clips to listen to (default: %(default)s)",
    )
    protocol.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 … (default: %(default)s)")
    protocol.add_argument(
        "--workers",
        type=int,
        default=count_cpus(),
        help="worker processes, 0 for none (default: %(default)s)",
    )


def add_models(models: argparse._ArgumentGroup) -> None:
    models.add_argument("--weights", type=Path, metavar="FOLDER", help="where `lfsc weights fetch` stored them")
    models.add_argument("--asr", help="speech recogniser for cer and wer")
    models.add_argument("--against", choices=("original", "text"), default="original", help="of cer and wer")
    models.add_argument("--speaker", help="x-vector model for speaker_similarity")
    models.add_argument("--squim", help="file for squim_mos")
    models.add_argument("--utmos", help="file of UTMOS22 for utmos")
    models.add_argument("--dnsmos", help="folder with DNSMOS/model_v8.onnx and DNSMOS/sig_bak_ovr.onnx")


def check(options: argparse.Namespace) -> None:
    if not options.codec and not options.pairs:
        print(ABOUT, file=sys.stderr)
        options.codec = [SHIPPED]
    references = {reference for reference, _ in options.pairs} | ({options.data} if options.data else set())
    if len(references) != 1:
        found = ", ".join(sorted(map(str, references))) or "none"
        raise ValueError(f"expected one set of originals, by --data or by --pairs, found {found}")
    options.data = references.pop()
    if options.protocol not in (None, *PROTOCOLS):
        raise ValueError(f"--protocol {options.protocol}: expected one of {', '.join(PROTOCOLS)}")
    from lfsc.audio.recording import HIGHEST_RATE, LOWEST_RATE

    if options.limit is not None and options.limit < 1:
        raise ValueError(f"--limit {options.limit}: expected a positive number")
    if not LOWEST_RATE <= options.sample_rate <= HIGHEST_RATE:
        raise ValueError(f"--sample-rate {options.sample_rate}: expected {LOWEST_RATE} to {HIGHEST_RATE} Hz")
    if not 0 <= options.tolerance_ms < inf:
        raise ValueError(f"--tolerance-ms {options.tolerance_ms}: expected 0 or more milliseconds")
    if options.workers < 0:
        raise ValueError(f"--workers {options.workers}: expected 0 or more")
