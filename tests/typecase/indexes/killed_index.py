"""Forks writers of a two-grain index that tell each step, for `test_two_grain_killed`.

A line says: folder, seed, the first value that is free. Row i of a step has the vector and the
attributes of value v + i: `bits`, the bits that are set in it. `set` gives rows new `marks`, bits
of another value, without touching vectors. An empty folder is filled first. A writer goes on until
it is killed.
"""

import json
import os
import sys

import numpy as np

from typecase.indexes import TwoGrainIndex, two_grain_changes

DIM = 16
N_IDS = 3_000
BORDER = 256
N_BITS = 24


def main() -> None:
    two_grain_changes._EXACT_ROWS = BORDER
    two_grain_changes._EXAM_QUERIES = 8
    for line in sys.stdin:
        folder, seed, value = line.split()
        pid = os.fork()
        if pid == 0:
            write_until_killed(folder, int(seed), int(value))
        tell(f"pid {pid}")
        os.waitpid(pid, 0)
        tell("gone")


def write_until_killed(folder: str, seed: int, value: int) -> None:
    rng = np.random.default_rng(seed)
    index = TwoGrainIndex.open(folder, write=True, dim=DIM, random_state=0)
    while True:
        kinds = ["update", "set", "remove", "compact", "save"]
        kind = rng.choice(kinds, p=[0.45, 0.2, 0.15, 0.1, 0.1])
        known = index.ids
        if not len(index.snapshot_.table):
            ids = rng.choice(N_IDS, 2 * BORDER, replace=False)
            tell(f"fit {json.dumps([value, *ids.tolist()])}")
            given = bits(value, len(ids))
            index.fit(vectors(value, len(ids)), ids, {"bits": given, "marks": given})
            value += len(ids)
        elif kind == "update":
            ids = rng.choice(N_IDS, int(rng.choice([1, 40, 300])), replace=False)
            tell(f"update {json.dumps([value, *ids.tolist()])}")
            given = bits(value, len(ids))
            index.update(vectors(value, len(ids)), ids, {"bits": given, "marks": given})
            value += len(ids)
        elif kind == "set" and len(known):
            n = int(rng.choice([1, 5, 200]))
            ids = rng.choice(known, min(len(known), n), replace=False)
            tell(f"set {json.dumps([value, *ids.tolist()])}")
            index.set_attributes(ids, {"marks": bits(value, len(ids))})
            value += len(ids)
        elif kind == "remove" and len(known):
            ids = rng.choice(known, min(len(known), int(rng.integers(1, 100))), replace=False)
            tell(f"remove {json.dumps(ids.tolist())}")
            index.remove(ids)
        elif kind == "compact":
            tell("compact []")
            index.compact()
        else:
            tell("save []")
            index.close()
            index = TwoGrainIndex.open(folder, write=True, random_state=0)
        tell("done")


def vectors(value: int, n: int) -> np.ndarray:
    """Return n vectors, (n, DIM), whose first two columns tell their value."""
    numbers = np.arange(value, value + n)
    rest = np.sin(np.outer(numbers + 1, np.arange(1, DIM - 1)))
    return np.column_stack([numbers // 1000, numbers % 1000, rest]).astype(np.float32)


def bits(value: int, n: int) -> list[list[int]]:
    """Return for n values which of their bits are set, -1 for every value."""
    return [[-1, *(b for b in range(N_BITS) if v >> b & 1)] for v in range(value, value + n)]


def tell(line: str) -> None:
    """Write a line in one piece where the pipe takes it; a killed writer's last may be cut off."""
    data = f"{line}\n".encode()
    while data:
        data = data[os.write(1, data) :]


if __name__ == "__main__":
    main()
