"""What the steps report."""

import json
from pathlib import Path
from traceback import format_exc


class Report:
    """Lines for people in report.txt, numbers in STEP.json, errors in errors.txt; all are written as they come."""

    def __init__(self, step: str, out: Path):
        self.step, self.out, self.numbers = step, out, {}

    def say(self, line: str, **numbers) -> None:
        print(line, flush=True)
        with (self.out / "report.txt").open("a") as report:
            report.write(f"{self.step}: {line}\n")
        self.numbers |= numbers
        (self.out / f"{self.step}.json").write_text(json.dumps(self.numbers, indent=1))

    def fail(self, what: str, error: Exception) -> None:
        """What the error that is being handled says, in a line; all of it in errors.txt."""
        self.say(f"{what}: {type(error).__name__}: {' '.join(str(error).split())[:300]}")
        with (self.out / "errors.txt").open("a") as errors:
            errors.write(f"{self.step}: {what}\n{format_exc()}\n")

    def of(self, step: str) -> dict:
        """The numbers of a step before this one, as far as it came."""
        path = self.out / f"{step}.json"
        return json.loads(path.read_text()) if path.exists() else {}
