"""How cost grows: the same engines on the first 0.1, 0.3, 1 and 3 million rows of one file.

    python -m bench.filtered.scale --vectors X.npy --attributes A.npz --cache FOLDER

Of each size and row of filters the median and the 95th percentile of a query, the recall, bytes
a vector, seconds to open, CPU seconds to build; of the largest size also the time of a query that
finds no vector in the disk cache. Files as for `python -m bench.filtered`, whose cache it shares.
"""

import argparse
import logging
from dataclasses import replace
from typing import Any

from bench.filtered.__main__ import add_place_arguments, chosen_rows, open_place
from bench.filtered.dataset import DataError
from bench.filtered.synthetic import SEED
from bench.filtered.trial import add_plan_arguments, count, plan_of, run
from bench.record import write_result

SIZES = (100_000, 300_000, 1_000_000, 3_000_000)
COMPARED = ["typecase TwoGrainIndex", "typecase TwoGrainIndex 160", "faiss IVFPQ192fs"]


def main() -> None:
    parser = _parser()
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        figures = measure(args)
    except DataError as error:
        parser.error(str(error))
    if all("duel" in found for found in figures["sizes"].values()):
        name = args.name or f"filtered_scale_{args.vectors.stem}"
        write_result(name, figures, seed=SEED, packages=["numpy", "broadsheet"])


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Return {"data": ..., "sizes": {n: the figures of a run}}; `cold` is of the largest alone.

    Raises:
        DataError: as `open_place`, or there are fewer rows than the largest size.
    """
    found: dict[str, Any] = {}
    for n in sorted(args.sizes):
        place = open_place(args, n)
        if place.data.n < n:
            raise DataError(f"{args.vectors} has {place.data.n} rows to search, not {n}.")
        plan = plan_of(args)
        if n < max(args.sizes):
            plan = replace(plan, stages=tuple(s for s in plan.stages if s != "cold"))
        found[str(n)] = run(place, args.engines, chosen_rows(place.data, args.rows), plan)
    return {"data": args.vectors.stem, "k": 10, "threads": 1, "sizes": found}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.filtered.scale",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_place_arguments(parser, engines=COMPARED, required=True)
    parser.add_argument("--sizes", type=_sizes, default=SIZES, help="comma-separated")
    add_plan_arguments(parser, stages="build,sweep,duel,work,cold")
    return parser


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(count(part.strip()) for part in text.split(","))


if __name__ == "__main__":
    main()
