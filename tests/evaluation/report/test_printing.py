"""What a report prints."""

import io

import pytest
from rich.console import Console

from lfsc.evaluation.report.printing import means_tables, print_exclusions


@pytest.mark.parametrize(("width", "tables"), [(40, 7), (80, 2), (200, 1)])
def test_every_codec_is_printed_whole_whatever_the_width(width, tables):
    metrics = {"mel_distance": {"mean": 0.125}, "loudness_difference_minus_10_db": {"mean": -12.25}}
    definitions = {name: {"better": "lower", "unit": "dB"} for name in metrics}
    codecs = {f"[lr]={number}": {"metrics": metrics, "clips": {"ok": 3}} for number in range(7)}
    found = means_tables({"codecs": codecs, "definitions": definitions}, width)
    printed = io.StringIO()
    Console(file=printed, width=width, markup=False, emoji=False).print(*found, sep="\n")
    assert len(found) == tables
    assert all(label in printed.getvalue() for label in codecs) and "\\" not in printed.getvalue()
    assert (printed.getvalue().count("0.125"), printed.getvalue().count("-12.250")) == (7, 7)


def test_metrics_that_lack_the_same_share_a_line(capsys):
    missing = {"cer": "no weights", "visqol": "no package", "wer": "no weights"}
    print_exclusions({"not_measured": missing, "codecs": {}})
    assert capsys.readouterr().err == "cer, wer not measured: no weights\nvisqol not measured: no package\n"
