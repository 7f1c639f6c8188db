"""What holds for every command, whatever it does."""

import os
from collections.abc import Collection


def require_sound_start(arguments: Collection[str]) -> None:
    """ValueError for an empty argument, and where the working folder has been removed."""
    if "" in arguments:
        # Not the folder that one is in.
        raise ValueError("an argument is empty, as where a variable is not set: give what belongs there")
    try:
        os.getcwd()
    except FileNotFoundError as error:
        # Libraries would end with words on files of their own.
        raise ValueError("the working folder has been removed: change to another one") from error
