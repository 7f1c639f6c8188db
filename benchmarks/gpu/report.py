"""What the steps report."""

import json
from pathlib import Path


class Report:
    """Lines for people in report.txt, numbers in STEP.json; both are written as they come."""

    def __init__(self, step: str, out: Path):
        self.step, self.out, self.numbers = step, out, {}

    def say(self, line: str, **numbers) -> None:
        print(line, flush=True)
        with (self.out / "report.txt").open("a") as report:
            report.write(f"{self.step}: {line}\n")
        self.numbers |= numbers
        (self.out / f"{self.step}.json").write_text(json.dumps(self.numbers, indent=1))

    def of(self, step: str) -> dict:
        """The numbers of a step before this one, as far as it came."""
        path = self.out / f"{step}.json"
        return json.loads(path.read_text()) if path.exists() else {}
