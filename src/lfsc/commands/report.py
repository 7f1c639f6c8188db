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
    options = parser.parse_args(arguments)

    from lfsc.evaluation.run_report.page import render_run_page
    from lfsc.io import atomic

    out = options.out or (options.runs[0] if len(options.runs) == 1 else Path()) / "report.html"
    page = render_run_page(options.runs)
    atomic.write_text(out, page)
    print(f"report: {out}")
    return 0
