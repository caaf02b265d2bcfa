"""The formats that papers leave in: what each is called, and how many papers become one file."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from broadsheet.model.errors import InvalidValueError, MissingExtraError
from broadsheet.model.paper import Paper
from broadsheet.services.export.bibtex import bibtex
from broadsheet.services.export.cite_keys import CiteKeys
from broadsheet.services.export.csl_json import csl_item
from broadsheet.services.export.json_line import exchange_line
from broadsheet.services.export.ris import ris


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFormat:
    """One format.

    Args:
        name: as commands call it.
        title: as people call it.
        ending: of its files' names, without the first dot.
        media_type: as servers call it.
        write: writes papers into a binary stream, holding few of them at a time.
        is_text: whether a terminal can show it.
    """

    name: str
    title: str
    ending: str
    media_type: str
    write: Callable[[Iterable[Paper], BinaryIO], None]
    is_text: bool = True


def format_named(name: str) -> ExportFormat:
    """Return the format of a name.

    Raises:
        InvalidValueError: there is none.
    """
    for form in FORMATS:
        if form.name == name:
            return form
    names = ", ".join(form.name for form in FORMATS)
    raise InvalidValueError(f"There is no format {name[:40]!r}; there are: {names}.")


def format_of_file(name: str) -> ExportFormat | None:
    """Return the format that the ending of a file's name says, None where it says none."""
    lower = name.lower()
    return next((form for form in FORMATS if lower.endswith(f".{form.ending}")), None)


def _write_bibtex(papers: Iterable[Paper], out: BinaryIO) -> None:
    keys = CiteKeys()
    _write(out, _joined((bibtex(paper, key=keys.take(paper)) for paper in papers), "\n"))


def _write_ris(papers: Iterable[Paper], out: BinaryIO) -> None:
    _write(out, _joined((ris(paper) for paper in papers), "\r\n"))


def _write_csl(papers: Iterable[Paper], out: BinaryIO) -> None:
    _write(out, ["["])
    _write(out, (f"{',' if n else ''}\n{_item(paper)}" for n, paper in enumerate(papers)))
    _write(out, ["\n]\n"])


def _item(paper: Paper) -> str:
    return json.dumps(csl_item(paper), ensure_ascii=False)


def _write_lines(papers: Iterable[Paper], out: BinaryIO) -> None:
    _write(out, (f"{exchange_line(paper)}\n" for paper in papers))


def _write_parquet(papers: Iterable[Paper], out: BinaryIO) -> None:
    try:
        from broadsheet.services.export.parquet_pyarrow import write_parquet
    except ImportError as e:
        raise MissingExtraError("Parquet needs pyarrow: pip install 'broadsheet[parquet]'.") from e
    write_parquet(papers, out)


def _joined(texts: Iterable[str], between: str) -> Iterator[str]:
    for n, text in enumerate(texts):
        yield f"{between if n else ''}{text}"


def _write(out: BinaryIO, texts: Iterable[str]) -> None:
    for text in texts:
        out.write(text.encode("utf-8", "replace"))  # half a character is none in any file


BIBTEX = ExportFormat(
    name="bibtex",
    title="BibTeX",
    ending="bib",
    media_type="application/x-bibtex",
    write=_write_bibtex,
)
RIS = ExportFormat(
    name="ris",
    title="RIS",
    ending="ris",
    media_type="application/x-research-info-systems",
    write=_write_ris,
)
CSL_JSON = ExportFormat(
    name="csl",
    title="CSL-JSON",
    ending="csl.json",
    media_type="application/vnd.citationstyles.csl+json",
    write=_write_csl,
)
JSON_LINES = ExportFormat(
    name="jsonl",
    title="JSON lines",
    ending="jsonl",
    media_type="application/x-ndjson",
    write=_write_lines,
)
PARQUET = ExportFormat(
    name="parquet",
    title="Parquet",
    ending="parquet",
    media_type="application/vnd.apache.parquet",
    write=_write_parquet,
    is_text=False,
)
FORMATS = (BIBTEX, RIS, CSL_JSON, JSON_LINES, PARQUET)
