"""Processes that end with the one that started them: nobody would stop them later."""

import os
import signal
from multiprocessing import parent_process
from threading import Thread


def end_with_parent() -> None:
    """Stop this process when its parent was killed.

    Who that is was told at the start: a process whose parent is killed while it loads has another
    one by now.
    """
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
