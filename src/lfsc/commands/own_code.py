"""--with: code of the user's own, for commands that build what a recipe, a run or a codec names."""

from argparse import Namespace, _ActionsContainer


def add_own_code(parser: _ActionsContainer) -> None:
    parser.add_argument(
        "--with",
        dest="own_code",
        action="append",
        default=[],
        metavar="FILE.py",
        help="a file, or an installed module, whose classes may be built; may be given more than once",
    )


def own_code_names(options: Namespace) -> list[str]:
    """Files as absolute paths, so that processes started elsewhere find them, and modules."""
    from pathlib import Path

    return [str(Path(name).expanduser().resolve()) if name.endswith(".py") else name for name in options.own_code]
