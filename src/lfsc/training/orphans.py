"""Ranks whose first rank is gone before they have met: nobody would tell them, and they would wait for half an hour."""

import os
import threading
import time

SECONDS = 1.0
EXIT = 1


def end_without(parent: int) -> None:
    """From here on, end this process as soon as its parent is no longer the process `parent`."""
    threading.Thread(target=watch, args=(parent,), daemon=True).start()


def watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(SECONDS)
    # At once: the main thread may be waiting in code that hears of no exception.
    os._exit(EXIT)
