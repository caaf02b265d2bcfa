"""Our indexes and every peer under filters: recall, queries a second, memory, build.

    python -m bench.filtered --vectors X.npy --attributes A.npz [--n ROWS] [--peers-python PATH]
    python -m bench.filtered --quick

X.npy holds unit vectors, float32, (rows, dim). A.npz holds their attributes: labels, sets of
labels, whole numbers; `python -m bench.filtered.attributes rows.jsonl A.npz` makes it from one
JSON object a line. X_queries.npy and X_queries_attributes.npz beside X.npy are the queries;
without them the last 1,000 rows are held out.

From the attributes follow the rows of the tables: no filter; values and ranges that keep 50, 10,
1, 0.1 and 0.01 % of the rows; each query's own value of an attribute, another value, any but its
own; its own value and a range. --list shows them.

Exact answers, built indexes and sweeps are kept in --cache, so a second run only duels. The
stages: `build`; `sweep` (every setting of an engine on each row); `duel` (the settings that reach
the recall, all engines in turn on one core); `threads` (two against one); `work` (what our index
reads); `cold`, not run by default, which empties the disk cache before each query. The peers
(`bench/requirements-filtered.txt`) may be in an environment of their own, which --peers-python
names. What is missing, fails or takes too long is a row with its reason.
"""

import argparse
import json
import logging
import sys
import tempfile
from pathlib import Path

from bench.filtered.dataset import DataError, Dataset, open_dataset
from bench.filtered.engines import ENGINES
from bench.filtered.filters import Row
from bench.filtered.handle import Place
from bench.filtered.synthetic import SEED, write_synthetic
from bench.filtered.trial import add_plan_arguments, count, known_names, names, plan_of, run
from bench.record import write_result

QUICK_ROWS = 20_000


def main() -> None:
    parser = _parser()
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if args.quick:
        _make_quick(args)
    elif args.vectors is None or args.attributes is None:
        parser.error("give --vectors and --attributes, or --quick")
    try:
        place = open_place(args, args.n)
        rows = chosen_rows(place.data, args.rows)
    except DataError as error:
        parser.error(str(error))
    if args.list:
        for row in rows:
            print(f"{row.kind:16} {row.name} ({len(row.queries)} queries)")
        return
    figures = run(place, args.engines, rows, plan_of(args)) | {"quick": args.quick}
    if args.quick:
        (args.cache / "filtered_quick.json").write_text(json.dumps(figures), "utf-8")
    elif "duel" in figures:
        name = args.name or f"filtered_{place.data.path.stem}_{place.data.n}"
        write_result(name, figures, seed=SEED, packages=["numpy", "broadsheet"])


def add_place_arguments(
    parser: argparse.ArgumentParser, *, engines: list[str], required: bool = False
) -> None:
    add = parser.add_argument
    vectors = "unit vectors, float32, (rows, dim)"
    add("--vectors", type=Path, metavar="X.npy", required=required, help=vectors)
    add("--attributes", type=Path, metavar="A.npz", required=required, help="of these rows")
    add("--cache", type=Path, default=Path(tempfile.gettempdir()) / "filtered", metavar="FOLDER")
    add("--engines", type=_engines, default=engines, help="comma-separated; default all")
    add("--rows", type=names, default=[], help="of the tables, comma-separated; default all")
    add("--peers-python", default=sys.executable, metavar="PATH", help="which has the peers")
    add("--name", help="of the result file")


def open_place(args: argparse.Namespace, n: int | None) -> Place:
    """Return the first n rows of the data with the folders beside.

    Raises:
        DataError: as `open_dataset`.
    """
    return Place(
        data=open_dataset(args.vectors, args.attributes, n=n, cache=args.cache / "truth"),
        attributes=args.attributes,
        cache=args.cache,
        peers_python=args.peers_python,
    )


def chosen_rows(data: Dataset, wanted: list[str]) -> list[Row]:
    """Return the rows of these names, all if there are none.

    Raises:
        DataError: the attributes give no such row.
    """
    rows = {row.name: row for row in data.rows()}
    unknown = [name for name in wanted if name not in rows]
    if unknown:
        raise DataError(f"no rows {', '.join(unknown)}. There are: {', '.join(rows)}.")
    return [rows[name] for name in wanted or rows]


def _make_quick(args: argparse.Namespace) -> None:
    """Make a small data set, and ask little of everything."""
    args.vectors = args.cache / "synthetic.npy"
    args.attributes = args.cache / "synthetic_attributes.npz"
    args.n = QUICK_ROWS
    args.sweep_queries, args.sweep_seconds, args.queries = 50, 0.2, 100
    args.rounds = 2
    if not args.vectors.exists():
        write_synthetic(args.cache, QUICK_ROWS, n_queries=200)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.filtered",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_place_arguments(parser, engines=list(ENGINES))
    parser.add_argument("--n", type=count, metavar="ROWS", help="only the first so many")
    parser.add_argument("--list", action="store_true", help="show the rows of the tables, and stop")
    quick = "20,000 made rows; the figures go to CACHE/filtered_quick.json"
    parser.add_argument("--quick", action="store_true", help=quick)
    add_plan_arguments(parser, stages="build,sweep,duel,threads,work")
    return parser


def _engines(text: str) -> list[str]:
    return known_names(text, ENGINES)


if __name__ == "__main__":
    main()
