"""lfsc train --multirun: every combination of a recipe's key=1,2, in processes of their own."""

import subprocess
import sys

from lfsc.commands.own_code import make_reader
from lfsc.config.compose import compose
from lfsc.config.overrides import as_override
from lfsc.config.recipe_file import as_yaml
from lfsc.io.messages import as_word, say_count
from lfsc.runs.summary import INTERRUPTED_EXIT
from lfsc.sweep.search_space import parse
from lfsc.sweep.trial import stop, train_command


def train_grid(recipe: str, items: list[str], *, own_code: list[str], show: bool) -> int:
    """Train every combination of `key=1,2`s, one after the other, each in a process of its own.

    The exit status: 0, 1 if any fails, 75 where a signal stopped it; the run under way is saved before.
    """
    space = parse(items)
    if space.grid is None:
        raise ValueError("--multirun tries values, key=1,2; `lfsc sweep` tries ranges")
    rows = [[*space.fixed, *(f"{key}={value}" for key, value in row.items())] for row in space.grid]
    read_architecture = make_reader(own_code)
    configs = [compose(recipe, row, missing_allowed=show, read_architecture=read_architecture) for row in rows]
    if show:
        print("---\n".join(map(as_yaml, configs)), end="")
        return 0
    codes, folder = [], as_word(f"{configs[0]['runs_root']}/{configs[0]['name']}")
    for number, (row, config) in enumerate(zip(rows, configs, strict=True)):
        name = f"{config['name']}/{number}"
        print(f"{name}: {' '.join(row)}", file=sys.stderr)
        # In a group of its own: an interrupt in the terminal reaches it only through this one, which waits for it.
        command = train_command(recipe, [*row, as_override("name", name)], own_code)
        process = subprocess.Popen(command, start_new_session=True)
        try:
            codes.append(process.wait())
        except KeyboardInterrupt:
            stop(process)
            print(f"stopped; the same command resumes {folder}")
            return INTERRUPTED_EXIT
    print(f"{codes.count(0)} of {say_count(len(codes), 'run')} finished: lfsc runs {folder}")
    return int(any(codes))
