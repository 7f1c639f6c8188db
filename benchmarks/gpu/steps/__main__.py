"""`python -m steps STEP OUT`: a step, which begins when a line comes.

DRY=1 takes the CPU and tiny sizes, CORPUS names speech to train on, NEMO a folder with NeMo's own files.
"""

import importlib
import logging
import sys
import warnings
from pathlib import Path

from report import Report

warnings.filterwarnings("ignore")
for quiet in ("lightning.pytorch", "lightning.pytorch.utilities.rank_zero"):
    logging.getLogger(quiet).setLevel(logging.ERROR)
name, out = sys.argv[1], Path(sys.argv[2]).resolve()
step = importlib.import_module(f"steps.{name}")
sys.stdin.readline()
report = Report(name, out)
try:
    step.run(report)
except Exception as error:
    report.fail("ended", error)
    raise
