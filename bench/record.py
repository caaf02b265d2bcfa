"""Writes a measurement with all that is needed to judge it: commit, machine, versions, seed."""

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def write_result(name: str, figures: dict[str, Any], *, seed: int, packages: list[str]) -> Path:
    """Write `results/{name}.json` and return its path.

    Args:
        figures: what was measured; durations and sizes carry their unit in the key.
        packages: distributions whose versions matter here, the peers included.
    """
    result = {
        "name": name,
        "date": datetime.now(UTC).date().isoformat(),
        "commit": _commit(),
        "machine": machine(),
        "versions": {p: _version(p) for p in packages} | {"python": platform.python_version()},
        "seed": seed,
        "command": _command(),
        "figures": figures,
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return path


def machine() -> dict[str, Any]:
    """Return what the figures depend on: processor, cores, memory."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(pages * size / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()


def _command() -> str:
    """The command as anybody can give it: no path of this machine."""
    return " ".join(["python", *map(_word, sys.orig_argv[1:])])


def _word(word: str) -> str:
    root = Path(__file__).resolve().parents[1]
    if not Path(word).is_absolute():
        return word
    is_near = Path(word).is_relative_to(root.parent)
    return os.path.relpath(word, root) if is_near else Path(word).name


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "absent"
