"""A real server process, and how it is asked."""

import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/")


@contextmanager
def serving(library: Path, *options: str, said: list[str] | None = None) -> Iterator[str]:
    """Serve a library until the block ends; give the address.

    Args:
        said: takes what the server prints after its address.
    """
    command = [sys.executable, "-m", "broadsheet", "--library", str(library), "serve", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = next((m for line in process.stdout if (m := ADDRESS.search(line))), None)
            assert found is not None
            yield found[0]
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0
            if said is not None:
                said += process.stdout or ()


def get(url: str) -> str:
    """Return what is at an address."""
    with urllib.request.urlopen(url, timeout=60) as answer:
        assert answer.status == 200
        return str(answer.read().decode())
