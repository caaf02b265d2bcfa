"""Forks writers that tell each step on stdout, for `test_store_killed`: a line in, a writer out.

A line says: folder, seed, the first value that is free. Row i of an append has value v + i in all
its columns and in its hash. A writer goes on until it is killed.
"""

import json
import os
import sys

import numpy as np

from typecase.data.vector_store import VectorStore

DIM = 4
N_IDS = 9_000


def main() -> None:
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
    with VectorStore.open(folder, write=True, dim=DIM) as store:
        while True:
            kind = rng.choice(["append", "remove", "compact", "attach"], p=[0.6, 0.2, 0.1, 0.1])
            known = store.ids()
            if kind == "append":
                ids = rng.choice(N_IDS, int(rng.choice([1, 40, 900])), replace=False)
                tell(f"append {json.dumps([value, *ids.tolist()])}")
                store.append(ids, rows(value, len(ids)), hashes(value, len(ids)))
                value += len(ids)
            elif kind == "remove" and len(known):
                ids = rng.choice(known, min(len(known), int(rng.integers(1, 300))), replace=False)
                tell(f"remove {json.dumps(ids.tolist())}")
                store.remove(ids)
            elif kind == "compact":
                tell("compact []")
                order = rng.permutation(len(known))
                store.compact(order=order, attach=lambda ids, x: {"copy": {"ids": ids}})
            else:
                tell("attach []")
                store.attach("copy", {"ids": store.table().ids}, store.seq)
            tell("done")


def rows(value: int, n: int) -> np.ndarray:
    return np.repeat(np.arange(value, value + n, dtype=np.float32)[:, None], DIM, axis=1)


def hashes(value: int, n: int) -> np.ndarray:
    numbers = np.arange(value, value + n, dtype=np.int64)
    return np.stack([numbers, numbers], axis=1).view(np.uint8)


def tell(line: str) -> None:
    """Write a line in one piece where the pipe takes it; a killed writer's last may be cut off."""
    data = f"{line}\n".encode()
    while data:
        data = data[os.write(1, data) :]


if __name__ == "__main__":
    main()
