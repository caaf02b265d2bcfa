"""A worker process seen from the bench: start it, ask it, notice when it dies."""

import json
import os
import shutil
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from bench.filtered.dataset import Dataset
from bench.filtered.engines import is_ours, slug

ANSWER_S = 900.0
"""An engine that is silent for so long is given up; opening and compiling filters take minutes."""

_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class EngineFailedError(Exception):
    """The engine cannot be used for this; the message is the reason, for the tables."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """What every worker needs to know.

    Args:
        attributes: the .npz beside the vectors.
        cache: folder of the built indexes and of the sweeps.
        peers_python: the interpreter that has the peers; ours run in this one.
    """

    data: Dataset
    attributes: Path
    cache: Path
    peers_python: str

    def folder(self, engine: str) -> Path:
        return self.cache / "built" / self.data.name / slug(engine)

    def failure(self, engine: str) -> Path:
        return self.folder(engine).with_suffix(".failed")

    def command(self, engine: str, job: str, *, core: int | None = None) -> list[str]:
        python = sys.executable if is_ours(engine) else self.peers_python
        pin = ["taskset", "-c", str(core)] if core is not None and shutil.which("taskset") else []
        vectors, n = str(self.data.path.resolve()), str(self.data.n)
        files = [vectors, str(self.attributes.resolve()), n, str(self.folder(engine).resolve())]
        return [*pin, python, "-m", "bench.filtered.worker", engine, *files, job]


def was_tried(place: Place, engine: str) -> bool:
    """Tell whether an index was built, or could not be, at an earlier time."""
    return (place.folder(engine) / "build.json").exists() or place.failure(engine).exists()


def build(place: Place, engine: str, *, timeout_s: float) -> dict[str, Any]:
    """Build an index, in the place of one that is there; return what its building took.

    Raises:
        EngineFailedError: it could not be built.
    """
    folder, failure = place.folder(engine), place.failure(engine)
    shutil.rmtree(folder, ignore_errors=True)
    reason = _try_build(place.command(engine, "build"), timeout_s)
    shutil.rmtree(folder.with_name(folder.name + ".part"), ignore_errors=True)
    if reason:
        failure.parent.mkdir(parents=True, exist_ok=True)
        failure.write_text(reason, "utf-8")
        raise EngineFailedError(reason)
    return built(place, engine)


def built(place: Place, engine: str) -> dict[str, Any]:
    """Return what the building of an index took.

    Raises:
        EngineFailedError: it could not be built.
    """
    if place.failure(engine).exists():
        raise EngineFailedError(place.failure(engine).read_text("utf-8"))
    figures: dict[str, Any] = json.loads((place.folder(engine) / "build.json").read_text("utf-8"))
    return figures


def keep_built(place: Place, engine: str, figures: dict[str, Any]) -> None:
    """Write what the building of an index took beside it."""
    (place.folder(engine) / "build.json").write_text(json.dumps(figures), "utf-8")


def _try_build(command: list[str], timeout_s: float) -> str:
    """Return the reason of a failure, or nothing.

    OpenMP gets one thread: CPU time is what is reported, and waiting threads would add to it.
    """
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            env=os.environ | _ONE_THREAD,
        )
    except subprocess.TimeoutExpired:
        return f"the build took more than {timeout_s:.0f} s"
    if done.returncode == 0:
        return ""
    lines = done.stderr.strip().splitlines()
    return f"exit {done.returncode}: {lines[-1][:300] if lines else 'no message'}"


class Handle:
    """One worker that serves; closes with `with`.

    Args:
        core: the only core that it may use; None for all.
    """

    def __init__(self, place: Place, engine: str, *, core: int | None) -> None:
        self.engine = engine
        self.is_alive = True
        self._process = subprocess.Popen(
            place.command(engine, "serve", core=core),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | _ONE_THREAD | {"RAYON_NUM_THREADS": "1"},
        )
        try:
            self.opened = self.ask("open")
        except EngineFailedError:
            self.close()
            raise

    def ask(self, do: str, *, wait_s: float = ANSWER_S, **arguments: Any) -> dict[str, Any]:
        """Return the worker's answer.

        Raises:
            EngineFailedError: it died or was silent for too long (then it is ended), or the engine
                raised or has no such thing.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if not self.is_alive:
            raise EngineFailedError("gave up earlier")
        late = threading.Event()
        clock = threading.Timer(wait_s, lambda: (late.set(), self._process.kill()))
        clock.start()
        try:
            self._process.stdin.write(json.dumps({"do": do} | arguments) + "\n")
            self._process.stdin.flush()
            for line in self._process.stdout:
                if line.startswith("="):  # some engines print
                    return _checked(json.loads(line[1:]))
        except BrokenPipeError:
            pass
        finally:
            clock.cancel()
        self.is_alive = False
        code = self._process.wait()
        silence = f"no answer to {do} in {wait_s:.0f} s"
        raise EngineFailedError(silence if late.is_set() else f"died with {code} at {do}")

    def close(self) -> None:
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    for kind in ("not_supported", "error"):
        if kind in answer:
            raise EngineFailedError(answer[kind])
    return answer
