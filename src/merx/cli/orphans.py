"""Ends processes whose parent has died, because nothing else would stop them."""

import os
import signal
from multiprocessing import parent_process
from threading import Thread


def end_with_parent() -> None:
    """Stop this process when its parent was killed.

    The parent's id is passed at the start: if the parent dies while the process loads, the process
    already has another parent.
    """
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
