"""`lfsc export`: weights for other programs."""

import argparse
import sys
from pathlib import Path

from lfsc.commands.own_code import add_own_code, own_code_names
from lfsc.io.regular import is_stream

FORMATS = ("bundle", "nemo", "onnx", "torch")


def main(arguments: list[str]) -> int:
    options = make_parser().parse_args(arguments)
    refuse_misplaced(options)
    from lfsc.config.own_code import import_own
    from lfsc.formats.resolve import resolve

    with resolve(options.codec, trusted=import_own(own_code_names(options))) as found:
        return WRITERS[options.format](found, options)


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lfsc export",
        description="Write a codec for other programs: a bundle (config.yaml, safetensors and a model card, which "
        "lfsc.load takes), an archive for NeMo, ONNX graphs, or torch.export programs.",
    )
    parser.add_argument("codec", help="a run directory, a checkpoint, a bundle, a .nemo archive or a hub name")
    parser.add_argument("out", type=Path, help="the folder to write; with --format nemo the file")
    add_own_code(parser)
    parser.add_argument("--format", choices=FORMATS, default="bundle")
    parser.add_argument("--with-discriminators", action="store_true", help="for others to fine-tune (bundle, nemo)")
    parser.add_argument(
        "--remove-weight-norm", action="store_true", help="loads faster, cannot be trained any more (bundle)"
    )
    parser.add_argument(
        "--half",
        action="store_true",
        help="numbers of 16 bits, half the size: a codec of its own, by its tokens (bundle)",
    )
    parser.add_argument("--code-licence", metavar="TEXT", help="a statement for the model card (bundle)")
    parser.add_argument("--weights-licence", metavar="TEXT", help="the same, of the weights")
    parser.add_argument("--data-licence", metavar="TEXT", help="the same, of the data that they were trained on")
    parser.add_argument("--overwrite", action="store_true", help="replace what exists there already")
    return parser


def refuse_misplaced(options: argparse.Namespace) -> None:
    if options.remove_weight_norm and options.format != "bundle":
        raise ValueError(
            f"--remove-weight-norm has no effect with --format {options.format}: nemo needs it, graphs have none"
        )
    if options.half and options.format != "bundle":
        raise ValueError(f"--half has no effect with --format {options.format}: only a bundle takes it")
    if options.with_discriminators and options.format not in ("bundle", "nemo"):
        raise ValueError(
            f"--with-discriminators has no effect with --format {options.format}: only bundle and nemo take them"
        )
    licences = (options.code_licence, options.weights_licence, options.data_licence)
    if any(licences) and options.format != "bundle":
        raise ValueError(f"licences have no place in --format {options.format}: only a bundle has a model card")
    if is_stream(options.out):
        raise ValueError(f"{options.out} is no place for a file: expected a name in a folder")
    if options.out.exists() and not options.overwrite and (options.out.is_file() or any(options.out.iterdir())):
        raise ValueError(f"{options.out} is there already; --overwrite writes over it")


def export_bundle(found, options: argparse.Namespace) -> int:
    from lfsc.export.bundle import write_bundle
    from lfsc.formats.licences import statements_of

    given = {"code": options.code_licence, "weights": options.weights_licence, "data": options.data_licence}
    write_bundle(
        found,
        options.out,
        with_discriminators=options.with_discriminators,
        weight_norm=not options.remove_weight_norm,
        half=options.half,
        statements=statements_of(found, given),
    )
    return report_written(options.out)


def export_nemo(found, options: argparse.Namespace) -> int:
    from lfsc.export.nemo import write_nemo

    write_nemo(found, options.out, with_discriminators=options.with_discriminators)
    return report_written(options.out)


def export_onnx(found, options: argparse.Namespace) -> int:
    from lfsc.export.onnx import write_onnx

    return report_written(options.out, write_onnx(found, options.out))


def export_torch(found, options: argparse.Namespace) -> int:
    from lfsc.export.torch_export import write_programs

    return report_written(options.out, write_programs(found, options.out))


WRITERS = {"bundle": export_bundle, "nemo": export_nemo, "onnx": export_onnx, "torch": export_torch}


def report_written(out: Path, parity=None) -> int:
    """Print what was written and how far it agrees with the codec; 1 where that is too little."""
    for path in [out] if out.is_file() else sorted(out.iterdir()):
        print(f"{path}  {path.stat().st_size / 1e6:,.1f} MB")
    if parity is None:
        return 0
    print(f"against the codec itself, on lengths not seen at export: {parity}")
    if not parity.holds:
        print("lfsc export: that is not the codec: do not use these files", file=sys.stderr)
    return 0 if parity.holds else 1
