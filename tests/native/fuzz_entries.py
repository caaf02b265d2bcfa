"""Calls every entry of the compiled module with right, wrong and hostile arguments.

An entry must answer or refuse; whatever else happens (a crash, a sanitizer's report, another kind
of exception) fails. A new entry needs a function here that makes its right arguments, and a place
in ENTRIES. Run it as it is on the installed module, or on another build:

    python tests/native/fuzz_entries.py --rounds 2000 --seed 1 [--module FOLDER]
"""

import argparse
import faulthandler
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

import typecase.kernels

Rng = np.random.Generator
Arguments = dict[str, Any]

REFUSALS = (TypeError, ValueError, OverflowError, MemoryError)
HARD_FLOATS = [0.0, -0.0, 1e-45, 3e38, -3e38, np.inf, -np.inf, np.nan]
HARD_INTS = [-1, 0, 1, 2, 31, 127, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64]
WRONG = [None, "x", b"x", [], {}, 1.5, object()]
BLOCK_ROWS = 32
FACTOR_BYTES = 128


class Pair(NamedTuple):
    """What a desk answers."""

    ids: Any
    scores: Any


native: Any = None  # the module, once `main` knows which


def aligned(rng: Rng, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Random bits at an address that 64 divides, with nothing behind the last one."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.empty(size + 64, np.uint8)
    start = -memory.ctypes.data % 64
    memory = memory[start : start + size]
    memory[:] = rng.integers(0, 256, size, dtype=np.uint8)
    return memory.view(dtype).reshape(shape)


def floats(rng: Rng, *shape: int) -> np.ndarray:
    return rng.uniform(-1, 1, shape).astype(np.float32)


def dot_u7(rng: Rng) -> Arguments:
    n, dim = int(rng.integers(0, 5)), 32 * int(rng.integers(0, 9))
    rows = rng.integers(-127, 128, (n, dim)).astype(np.int8)
    q = rng.integers(0, 128, dim).astype(np.uint8)
    return {"q": q, "rows": rows, "less": np.zeros(n, np.int32), "out": np.empty(n, np.int32)}


def dot_f32(rng: Rng) -> Arguments:
    dim = int(rng.integers(0, 70))
    return {"q": floats(rng, dim), "x": floats(rng, dim)}


def square_f32(rng: Rng) -> Arguments:
    return {"x": floats(rng, int(rng.integers(0, 70)))}


def use_simd(rng: Rng) -> Arguments:
    return {"name": str(rng.choice([*native.simd_names(), ""]))}


def put_rows(rng: Rng) -> Arguments:
    n_groups, n_blocks, n = 8 * int(rng.integers(1, 5)), int(rng.integers(1, 4)), 20
    return {
        "blocks": aligned(rng, (n_blocks, 16 * n_groups + FACTOR_BYTES), "u1"),
        "nibbles": rng.integers(0, 256, (n, n_groups // 2)).astype(np.uint8),
        "scale": floats(rng, n),
        "offset": floats(rng, n),
        "places": rng.permutation(BLOCK_ROWS * n_blocks)[:n].astype(np.uint32),
    }


def move_rows(rng: Rng) -> Arguments:
    stride, n_places = 16 * 8 * int(rng.integers(1, 5)) + FACTOR_BYTES, 2 * BLOCK_ROWS
    return {
        "source": aligned(rng, (2, stride), "u1"),
        "target": aligned(rng, (2, stride), "u1"),
        "source_places": rng.permutation(n_places)[:10].astype(np.uint32),
        "target_places": rng.permutation(n_places)[:10].astype(np.uint32),
    }


def clear_rows(rng: Rng) -> Arguments:
    return {"blocks": aligned(rng, (int(rng.integers(0, 4)), 128 * 3 + FACTOR_BYTES), "u1")}


def block_sums(rng: Rng) -> Arguments:
    n_groups, n_blocks = 8 * int(rng.integers(1, 9)), int(rng.integers(1, 4))
    lut = aligned(rng, (n_groups, 16), "u1")
    lut &= 31
    return {
        "blocks": aligned(rng, (n_blocks, 16 * n_groups + FACTOR_BYTES), "u1"),
        "lut": lut,
        "out": np.empty((n_blocks, BLOCK_ROWS), np.uint16),
    }


def nibble_tables(rng: Rng) -> Arguments:
    n, dim, n_groups = int(rng.integers(0, 4)), int(rng.integers(1, 80)), int(rng.integers(1, 20))
    n_points = int(rng.integers(1, 5))
    n_axes, n_rounds = axes(rng, n_groups * n_points, dim)
    return {
        "rotation": floats(rng, n_axes, dim),
        "queries": floats(rng, n, dim),
        "points": floats(rng, n_points, 16),
        "signs": floats(rng, n_rounds, dim),
        "tables": np.empty((n, n_groups, 16), np.float32),
    }


def axes(rng: Rng, most: int, dim: int) -> tuple[int, int]:
    """How many axes tables have, and how many rounds turn a query onto them: none, or all."""
    if dim <= most and rng.integers(0, 2):
        return dim, int(rng.integers(1, 5))
    return int(rng.integers(0, most + 1)), 0


def turn(rng: Rng) -> Arguments:
    n, dim = int(rng.integers(0, 4)), int(rng.integers(1, 200))
    return {"x": floats(rng, n, dim), "signs": floats(rng, int(rng.integers(0, 5)), dim)}


def sign_codes(rng: Rng) -> Arguments:
    n, dim, n_cells = int(rng.integers(0, 4)), int(rng.integers(1, 200)), int(rng.integers(1, 5))
    n_axes, n_rounds = axes(rng, dim, dim)
    return {
        "x": floats(rng, n, dim),
        "centers": floats(rng, n_cells, dim),
        "turned": floats(rng, n_cells, n_axes),
        "cells": rng.integers(0, n_cells, n),
        "y": floats(rng, n, 0 if n_rounds else n_axes),
        "signs": floats(rng, n_rounds, dim),
        "bits": np.empty((n, -(-n_axes // 8)), np.uint8),
        "scale": floats(rng, n),
        "offset": floats(rng, n),
        "square": floats(rng, n),
    }


def nearest_members(rng: Rng) -> Arguments:
    n, dim, n_groups = int(rng.integers(0, 5)), int(rng.integers(1, 80)), int(rng.integers(0, 9))
    start = np.concatenate([[0], np.cumsum(rng.integers(0, 6, n_groups))]).astype(np.uint32)
    n_members, padded = int(start[-1]), -(-dim // 32) * 32
    return {
        "x": floats(rng, n, dim),
        "heads": rng.integers(-127, 128, (n_groups, padded)).astype(np.int8),
        "head_unit": floats(rng, n_groups),
        "head_half": floats(rng, n_groups),
        "members": rng.integers(-127, 128, (n_members, padded)).astype(np.int8),
        "unit": floats(rng, n_members),
        "half": floats(rng, n_members),
        "centers": floats(rng, n_members, dim),
        "start": start,
        "n_near": int(rng.integers(1, 20)),
        "out": np.empty(n, np.int64),
    }


def row_squares(rng: Rng) -> Arguments:
    n = int(rng.integers(0, 9))
    return {"x": floats(rng, n, int(rng.integers(1, 80))), "out": np.empty(n)}


def add_to_sums(rng: Rng) -> Arguments:
    n, dim, n_cells = int(rng.integers(0, 9)), int(rng.integers(1, 80)), int(rng.integers(1, 5))
    return {
        "x": floats(rng, n, dim),
        "cells": rng.integers(0, n_cells, n),
        "sums": np.zeros((n_cells, dim)),
    }


def scanner(rng: Rng) -> Arguments:
    """The parts of a small index: cells of blocks, a tail, vectors in pieces."""
    dim, n_groups = int(rng.integers(1, 80)), 8 * int(rng.integers(1, 4))
    n_cells = int(rng.integers(1, 9))
    count = rng.integers(0, 70, n_cells)
    sizes = -(-count // BLOCK_ROWS)
    n_tail, stride = int(rng.integers(0, 3)), 16 * n_groups + FACTOR_BYTES
    pieces = [floats(rng, int(n), dim) for n in rng.integers(1, 60, rng.integers(1, 4))]
    pieces.append(floats(rng, int(count.sum()), dim))
    n_rows = sum(map(len, pieces))
    n_narrow = int(rng.choice([0, len(pieces[0]), n_rows]))
    later = pieces[1:] if n_narrow else pieces
    blocks = aligned(rng, (int(sizes.sum()), stride), "u1")
    tail = aligned(rng, (n_tail, stride), "u1")
    for each in (blocks, tail):
        fill_blocks(rng, each)
    is_ordered = bool(rng.integers(0, 2))
    return {
        "centers": rng.integers(-127, 128, (n_cells, -(-dim // 32) * 32)).astype(np.int8),
        "unit": np.abs(floats(rng, n_cells)),
        "square": np.abs(floats(rng, n_cells)),
        "inverse_spread": np.abs(floats(rng, n_cells)) + 1,
        "start": np.concatenate([[0], np.cumsum(sizes)]).astype(np.uint32),
        "count": count.astype(np.uint32),
        "order": None if is_ordered else rng.integers(0, n_rows, count.sum()).astype(np.uint32),
        "blocks": blocks,
        "tail": tail,
        "tail_cell": rng.integers(0, n_cells, BLOCK_ROWS * n_tail).astype(np.uint32),
        "pieces": pieces,
        "is_mapped": [bool(rng.integers(0, 2)) for _ in pieces],
        "ids": [rng.permutation(len(x)).astype(np.int64) for x in later if n_narrow < n_rows],
        "narrow_ids": rng.permutation(n_narrow).astype(np.uint32) if n_narrow else None,
        "ring": (5 * rng.integers(0, 3, 65)).astype(np.int32),
        "survival": np.abs(floats(rng, 3, 5)),
        "dim": dim,
        "n_groups": n_groups,
        "cosine": bool(rng.integers(0, 2)),
        "longest": float(rng.uniform(0, 2)),
        "unit_length": 1.0,
        "noise": 0.1,
    }


def fill_blocks(rng: Rng, blocks: np.ndarray) -> None:
    """Tame factors, some places empty, also where rows are said to be."""
    factors = rng.uniform(-1, 1, (len(blocks), 64)).astype(np.float16)
    factors[:, BLOCK_ROWS:][rng.random((len(blocks), BLOCK_ROWS)) < 0.2] = -np.inf
    blocks[:, -FACTOR_BYTES:] = factors.view(np.uint8).reshape(len(blocks), FACTOR_BYTES)


def allow(rng: Rng, parts: Arguments) -> Arguments:
    n_rows = sum(map(len, parts["pieces"]))
    bits = rng.integers(0, 2**32, -(-n_rows // 32), dtype=np.uint32)
    return {"allowed": bits, "few": int(rng.choice([0, 10, 1000]))}


def effort(rng: Rng, parts: Arguments, filters: list[Any]) -> Arguments:
    return {
        "filter": filters[int(rng.integers(len(filters)))],
        "error": float(rng.choice([0.0, 2.0, 1e6])),
        "missing": float(rng.choice([0.0, 0.1])),
        "first": int(rng.integers(0, 200)),
        "near_error": float(rng.choice([-1.0, 2.0])),
        "near_missing": float(rng.choice([-1.0, 0.1])),
    }


def search(rng: Rng, parts: Arguments, filters: list[Any]) -> Arguments:
    n, k = int(rng.choice([0, 1, 3, 40])), int(rng.choice([0, 1, 10, 300]))
    return effort(rng, parts, filters) | {
        "queries": floats(rng, n, parts["dim"]),
        "tables": floats(rng, n, parts["n_groups"], 16),
        "n_threads": int(rng.integers(0, 4)),
        "rows": np.empty((n, k), np.int64),
        "scores": np.empty((n, k), np.float32),
    }


def search_range(rng: Rng, parts: Arguments, filters: list[Any]) -> Arguments:
    return effort(rng, parts, filters) | {
        "query": floats(rng, parts["dim"]),
        "tables": floats(rng, parts["n_groups"], 16),
        "least": float(rng.uniform(-1, 1)),
    }


def desk(rng: Rng, parts: Arguments, made: Any) -> Arguments:
    n_points = int(rng.integers(1, 5))
    n_axes, n_rounds = axes(rng, parts["n_groups"] * n_points, parts["dim"])
    return {
        "scanner": made,
        "rotation": floats(rng, n_axes, parts["dim"]),
        "points": floats(rng, n_points, 16),
        "signs": floats(rng, n_rounds, parts["dim"]),
        "normalise": bool(rng.integers(0, 2)),
        "result": Pair,
    }


def answer(rng: Rng, parts: Arguments, filters: list[Any]) -> Arguments:
    arguments = search(rng, parts, filters)
    arguments["k"] = arguments.pop("rows").shape[1]
    del arguments["tables"], arguments["scores"]
    return arguments


CHOSEN = [None, "another"]


def keep(rng: Rng, parts: Arguments, filters: list[Any]) -> Arguments:
    chosen = CHOSEN[int(rng.integers(len(CHOSEN)))]
    return effort(rng, parts, filters) | {"chosen": chosen, "recall": 0.9}


def answer_again(rng: Rng, parts: Arguments, filters: list[Any]) -> Arguments:
    asked, chosen = answer(rng, parts, filters), CHOSEN[int(rng.integers(len(CHOSEN)))]
    of_both = {name: asked[name] for name in ("queries", "k")}
    return of_both | {"chosen": chosen, "recall": 0.9, "n_threads": 1}


ENTRIES: list[Callable[[Rng], Arguments]] = [
    *(dot_u7, dot_f32, square_f32, use_simd),
    *(put_rows, move_rows, clear_rows, block_sums, nibble_tables, turn, sign_codes),
    *(nearest_members, add_to_sums, row_squares),
]


WITHOUT_ARGUMENTS = {"simd", "simd_names"}
CLASSES = {"Desk", "Filter", "Scanner"}  # by scan_round


def hostile(rng: Rng, value: Any) -> Any:
    """Return something else in the place of a right argument."""
    if rng.random() < 0.05:
        return WRONG[int(rng.integers(len(WRONG)))]
    if isinstance(value, np.ndarray):
        ways = ARRAY_WAYS
        return ways[int(rng.integers(len(ways)))](rng, value)
    if isinstance(value, list):
        return [hostile(rng, each) if rng.random() < 0.5 else each for each in value][
            : int(rng.integers(0, len(value) + 1))
        ]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return HARD_INTS[int(rng.integers(len(HARD_INTS)))]
    if isinstance(value, float):
        return float(HARD_FLOATS[int(rng.integers(len(HARD_FLOATS)))])
    return value


def _other_shape(rng: Rng, x: np.ndarray) -> Any:
    shape = [max(0, n + int(rng.integers(-1, 2))) for n in x.shape]
    return aligned(rng, tuple(shape), x.dtype.str) if x.ndim else x


def _hard_values(rng: Rng, x: np.ndarray) -> Any:
    if x.dtype.kind == "f":
        return rng.choice(HARD_FLOATS, x.shape).astype(x.dtype)
    info = np.iinfo(x.dtype)
    return rng.choice(np.array([info.min, info.max, 0], x.dtype), x.shape)


def _some_hard(rng: Rng, x: np.ndarray) -> Any:
    return np.where(rng.random(x.shape) < 0.1, _hard_values(rng, x), x)


def _unaligned(rng: Rng, x: np.ndarray) -> Any:
    memory = np.zeros(x.nbytes + 1, np.uint8)
    memory[1:] = np.ascontiguousarray(x).view(np.uint8).reshape(-1) if x.ndim else 0
    return np.frombuffer(memory.data, x.dtype, offset=1, count=x.size).reshape(x.shape)


def _read_only(rng: Rng, x: np.ndarray) -> Any:
    out = x.copy()
    out.flags.writeable = False
    return out


ARRAY_WAYS: list[Callable[[Rng, np.ndarray], Any]] = [
    _other_shape,
    _hard_values,
    _some_hard,
    _read_only,
    lambda rng, x: aligned(rng, x.shape, x.dtype.str),
    lambda rng, x: x[:0],
    lambda rng, x: x[..., :0],
    lambda rng, x: x.astype(rng.choice(["f8", "i8", "u1", "f4", "i4", ">f4", "c8"])),
    lambda rng, x: x.T,
    lambda rng, x: np.repeat(x, 2, axis=-1)[..., ::2],
    lambda rng, x: x[::-1],
    lambda rng, x: x[None],
    lambda rng, x: x.reshape(-1),
    lambda rng, x: x.tolist(),
]


def attempt(
    rng: Rng, function: Callable[..., Any], right: Arguments, *, may_refuse: bool = False
) -> Any:
    """Call it, more often than not with wrong arguments; None where it refused them."""
    n_wrong = int(rng.choice([0, 1, 1, 2, 3]))
    arguments = dict(right)
    for name in rng.choice(list(right), min(n_wrong, len(right)), replace=False):
        arguments[name] = hostile(rng, right[name])
    try:
        return function(**arguments)
    except REFUSALS:
        if n_wrong or may_refuse:
            return None
        raise


def scan_round(rng: Rng, others: list[Any]) -> None:
    """Make a scanner, of wrong parts or asked with the filters of another, and ask it."""
    parts = scanner(rng)
    is_right = bool(rng.integers(0, 2))
    made = native.Scanner(**parts) if is_right else attempt(rng, native.Scanner, parts)
    if made is None:
        return
    filters = [None] if is_right else [None, *others]
    own = [attempt(rng, made.allow, allow(rng, parts), may_refuse=not is_right) for _ in range(3)]
    filters += [each for each in own if each is not None]
    for each in filters[1:]:
        gathered = attempt(rng, made.gather, {"filter": each}, may_refuse=not is_right)
        filters += [gathered] if gathered is not None else []
        if gathered is not None and rng.integers(0, 2):  # from one that goes at once
            again = attempt(rng, made.gather, {"filter": gathered}, may_refuse=not is_right)
            filters[-1:] = [again] if again is not None else []
            del gathered
    calls = [(search, made.search), (search_range, made.search_range)]
    seat = attempt(rng, native.Desk, desk(rng, parts, made), may_refuse=not is_right)
    if seat is not None:
        calls += [(answer, seat.answer), (keep, seat.keep), (answer_again, seat.answer_again)]
    for make, function in 2 * calls:
        attempt(rng, function, make(rng, parts, filters), may_refuse=not is_right)
    if seat is not None and rng.integers(0, 2):
        seat.forget()
    others[:] = filters[-3:]


def fuzz(rng: Rng, rounds: int) -> None:
    others: list[Any] = []
    with np.errstate(all="ignore"):
        for _ in range(rounds):
            for make in ENTRIES:
                attempt(rng, getattr(native, make.__name__), make(rng))
            scan_round(rng, others)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1, help="that many at once")
    parser.add_argument("--module", help="the folder of another build of the module")
    arguments = parser.parse_args()
    faulthandler.enable()
    if arguments.module:
        typecase.kernels.__path__.insert(0, arguments.module)
    global native
    native = import_module("typecase.kernels._native")
    known = {make.__name__ for make in ENTRIES} | WITHOUT_ARGUMENTS | CLASSES
    if forgotten := {name for name in vars(native) if not name.startswith("_")} - known:
        sys.exit(f"entries that nobody fuzzes: {', '.join(sorted(forgotten))}")
    seeds = range(arguments.seed, arguments.seed + arguments.threads)
    with ThreadPoolExecutor(arguments.threads) as pool:
        list(pool.map(lambda seed: fuzz(np.random.default_rng(seed), arguments.rounds), seeds))
    print(f"{native.__file__}: {arguments.rounds} rounds, seed {arguments.seed}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
