"""--with: code of the user's own, for commands that build what a recipe, a run or a codec names."""

from argparse import Namespace, _ActionsContainer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lfsc.config.from_weights import Architecture, ReadArchitecture


def add_own_code(parser: _ActionsContainer) -> None:
    parser.add_argument(
        "--with",
        dest="own_code",
        action="append",
        default=[],
        metavar="FILE.py",
        help="a file, a package's folder (./NAME) or an installed module, whose classes may be built; may be given "
        "more than once",
    )


def own_code_names(options: Namespace) -> list[str]:
    """Files and folders as absolute paths, so that processes started elsewhere find them, and modules."""
    from os.path import expanduser
    from pathlib import Path

    from lfsc.config.own_code import is_path

    return [str(Path(expanduser(name)).resolve()) if is_path(name) else name for name in options.own_code]


def make_reader(own_code: list[str]) -> "ReadArchitecture":
    """A reader of the architecture of weights that trusts the user's own code."""

    def read(source: str) -> "Architecture":
        from lfsc.formats.architecture import read_architecture

        return read_architecture(source, trust=own_code)

    return read
