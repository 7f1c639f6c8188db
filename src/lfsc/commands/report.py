"""`lfsc report`: a page on runs."""

import argparse
from pathlib import Path

DESCRIPTION = """\
Write an HTML page on a run, or on several beside each other: configuration, curves of everything that was logged,
validation clips to listen to, data and versions. It needs nothing but itself."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="lfsc report", description=DESCRIPTION)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="a run's folder")
    parser.add_argument(
        "--out", type=Path, help="the page (default: report.html in the run's folder, or here where there are several)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace a file that is no such page, too")
    options = parser.parse_args(arguments)

    from lfsc.evaluation.run_report.page import is_run_page, render_run_page
    from lfsc.io import atomic

    out = options.out or (options.runs[0] if len(options.runs) == 1 else Path()) / "report.html"
    if out.is_file() and not options.overwrite and not is_run_page(out):
        raise ValueError(f"{out} is there already and no page on runs; --overwrite writes over it")
    atomic.write_text(out, render_run_page(options.runs))
    print(f"report: {out}")
    return 0
