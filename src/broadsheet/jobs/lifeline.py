"""A worker that ends when the process that started it is gone, however that one ended."""

import os
import threading
import time

PARENT = "SERVED_BY_PROCESS"
"""The variable of the environment by which a worker knows the process that started it."""

_LOOK_EVERY_S = 0.5


def end_with_parent() -> None:
    """End this process soon after the one that PARENT names; without PARENT, do nothing.

    A worker left behind would hold the port, and the next start would find it taken.
    """
    parent = os.environ.get(PARENT, "")
    if parent == str(os.getppid()):
        threading.Thread(target=_watch, args=(int(parent),), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY_S)
    os._exit(1)  # nothing is half done here: workers only read
