"""A harvest from a server beside us, and how fast its answers are read beside the peers.

    python -m bench.harvesting [--records 100000] [--shared ../shared/data]

A local OAI-PMH server gives arXivRaw records in pages of 2,000, made of real titles, abstracts and
names; `HarvestService` brings them in until they can be searched. The pause between two requests
is left out: what is measured is our part of it. Then the same bytes of OAI pages are read by our
parser and by sickle, and the same bytes of Atom pages by ours and by feedparser, in one run,
alternating; medians of CPU time. Sickle returns the texts of a record by their names; what our
parser takes to come to as much is given apart, for it goes on and makes clean records of them.
"""

import argparse
import contextlib
import gzip
import json
import logging
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from bench.record import write_result
from broadsheet.model.identifiers import arxiv_id
from broadsheet.sources.mangled_ids import mended_arxiv_id

log = logging.getLogger(__name__)

SEED = 0
PAGE = 2_000
ROUNDS = 5
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"))
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if args.serve:
        _serve(args.serve)
        return
    papers = _papers(args.shared / "corpus_arxiv" / "papers.jsonl.gz", args.records)
    pages = [oai_page(papers, start) for start in range(0, len(papers), PAGE)]
    figures = {"harvest": harvest(pages, len(papers)), "parsing": parsing(papers, pages[0])}
    log.info("%s", json.dumps(figures, indent=1))
    write_result(
        "harvesting", figures, seed=SEED, packages=["lxml", "sickle", "feedparser", "sqlalchemy"]
    )


def harvest(pages: list[bytes], n: int) -> dict[str, Any]:
    """Return what a whole harvest takes, in a process of its own, to searchable rows."""
    with tempfile.TemporaryDirectory() as folder:
        for number, page in enumerate(pages):
            (Path(folder) / f"{number:05d}.xml").write_bytes(page)
        server = subprocess.Popen(
            [sys.executable, "-m", "bench.harvesting", "--serve", folder], stdout=subprocess.PIPE
        )
        try:
            assert server.stdout is not None
            base = server.stdout.readline().decode().strip()
            code = f"from bench.harvesting import bring_in; bring_in({base!r})"
            done = subprocess.run(
                [sys.executable, "-c", code], stdout=subprocess.PIPE, check=True, text=True
            )
        finally:
            server.kill()
            server.wait()
    figures: dict[str, Any] = json.loads(done.stdout)
    assert figures["papers"] + figures["rejected"] == n, figures
    return figures


def bring_in(base: str) -> None:
    """Harvest everything a server has into a new library; print what it took as JSON."""
    from broadsheet.search import encoder_of, open_searcher
    from broadsheet.services.harvesting import HarvestService
    from broadsheet.sources import HttpWeb, all_wires
    from broadsheet.store import open_store

    with tempfile.TemporaryDirectory() as folder, closing(open_store(folder=Path(folder))) as store:
        seconds: list[float] = []
        last = time.perf_counter()

        def page_stored(*_: object) -> None:
            nonlocal last
            seconds.append(time.perf_counter() - last)
            last = time.perf_counter()

        service = HarvestService(
            store=store,
            wires=all_wires(lambda: NOW),
            described=[],
            web=HttpWeb(inside=[base.removeprefix("http://")]),
            clock=lambda: NOW,
            wait=lambda s: False,
            bases={"arxiv": base},
            intervals={"arxiv": 0.0},
        )
        began, cpu_began = time.perf_counter(), time.process_time()
        report = service.run("arxiv", since=datetime(1991, 1, 1).date(), progress=page_stored)
        stored, cpu_stored = time.perf_counter(), time.process_time()
        searcher = open_searcher(
            Path(folder) / "indexes", store, encoder=lambda: encoder_of("bge-small-en-v1.5-int8")
        )
        searcher.index_words()
        whole = time.perf_counter() - began
        figures = {
            "papers": report.new_papers,
            "rejected": report.rejected,
            "why_rejected": sorted({fault.reason for fault in report.faults}),
            "records_per_s_stored": round(report.new_papers / (stored - began)),
            "records_per_s_searchable": round(report.new_papers / whole),
            "records_per_cpu_s_stored": round(report.new_papers / (cpu_stored - cpu_began)),
            "page_s_median": round(statistics.median(seconds), 3),
            "page_s_longest": round(max(seconds), 3),
            "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        }
    sys.stdout.write(json.dumps(figures))


def parsing(papers: list[dict[str, Any]], page: bytes) -> dict[str, Any]:
    """Return milliseconds of CPU a page for each reader of the same bytes."""
    import feedparser
    from sickle.models import Record
    from sickle.oaiexceptions import OAIError
    from sickle.response import OAIResponse

    from broadsheet.model.harvest import Answer, Plan, Request
    from broadsheet.sources import all_wires
    from broadsheet.sources.arxiv_oai_usual import usual_records

    wires, plan = all_wires(lambda: NOW), Plan(now=NOW)
    atom = atom_page(papers[:1_000])

    def ours(name: str, body: bytes) -> int:
        answer = Answer(status=200, body=body, headers={})
        return len(wires[name].page(plan, Request(url="http://x/"), answer).items)

    def sickle() -> int:
        said = SimpleNamespace(text=page.decode(), content=page, encoding="utf-8")
        with contextlib.suppress(OAIError):
            root = OAIResponse(said, params={}).xml
        name = "{http://www.openarchives.org/OAI/2.0/}record"
        return len([Record(element).metadata for element in root.iter(name)])

    def feed() -> int:
        return len(feedparser.parse(atom).entries)

    def texts() -> int:
        return len(usual_records(page)[1])

    oai = _duel({"ours": lambda: ours("arxiv", page), "ours_texts": texts, "sickle": sickle})
    api = _duel({"ours": lambda: ours("arxiv_api", atom), "feedparser": feed})
    return {
        "oai": {
            **oai,
            "times_faster": round(oai["sickle"] / oai["ours"], 2),
            "times_faster_to_texts": round(oai["sickle"] / oai["ours_texts"], 2),
        },
        "atom": {**api, "times_faster": round(api["feedparser"] / api["ours"], 2)},
        "together_times_faster": _together(oai, api, "ours"),
        "together_times_faster_to_texts": _together(oai, api, "ours_texts"),
    }


def _together(oai: dict[str, float], api: dict[str, float], ours: str) -> float:
    return round((oai["sickle"] + api["feedparser"]) / (oai[ours] + api["ours"]), 2)


def _duel(readers: dict[str, Callable[[], int]]) -> dict[str, float]:
    taken: dict[str, list[float]] = {name: [] for name in readers}
    counts = {name: read() for name, read in readers.items()}
    assert len(set(counts.values())) == 1, counts
    for _ in range(ROUNDS):
        for name, read in readers.items():
            began = time.process_time()
            read()
            taken[name].append(1e3 * (time.process_time() - began))
    return {name: round(statistics.median(values), 1) for name, values in taken.items()}


def oai_page(papers: list[dict[str, Any]], start: int) -> bytes:
    """Return one page of arXivRaw as arXiv's server gives it."""
    body = "".join(map(_raw, papers[start : start + PAGE]))
    if start + PAGE < len(papers):
        body += f"<resumptionToken>skip={start + PAGE}</resumptionToken>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        "<responseDate>2026-11-20T22:31:27Z</responseDate>"
        f"<ListRecords>{body}</ListRecords></OAI-PMH>"
    ).encode()


def _raw(paper: dict[str, Any]) -> str:
    day = datetime.fromisoformat(paper["date"]).strftime("%a, %d %b %Y 12:00:00 GMT")
    authors = escape(", ".join(paper["authors"]) or "A. Nonymous")
    return (
        f"<record><header><identifier>oai:arXiv.org:{paper['id']}</identifier>"
        f"<datestamp>2026-11-19</datestamp><setSpec>cs</setSpec></header><metadata>"
        '<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/">'
        f"<id>{paper['id']}</id><submitter>S</submitter>"
        f'<version version="v1"><date>{day}</date><size>9kb</size></version>'
        f"<title>{escape(paper['title'])}</title><authors>{authors}</authors>"
        f"<categories>{' '.join(paper['categories'])}</categories>"
        "<license>http://arxiv.org/licenses/nonexclusive-distrib/1.0/</license>"
        f"<abstract>  {escape(paper['abstract'])}\n</abstract></arXivRaw></metadata></record>"
    )


def atom_page(papers: list[dict[str, Any]]) -> bytes:
    """Return one page as arXiv's query API gives it."""
    entries = "".join(
        f"<entry><id>http://arxiv.org/abs/{p['id']}v1</id><title>{escape(p['title'])}</title>"
        f"<updated>{p['date']}T00:00:00Z</updated><published>{p['date']}T00:00:00Z</published>"
        f"<summary>{escape(p['abstract'])}</summary>"
        + "".join(f"<author><name>{escape(name)}</name></author>" for name in p["authors"])
        + "".join(
            f'<category term="{code}" scheme="http://arxiv.org/schemas/atom"/>'
            for code in p["categories"]
        )
        + "</entry>"
        for p in papers
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">'
        "<id>http://arxiv.org/api/x</id><title>arXiv Query</title>"
        f"<opensearch:totalResults>{len(papers)}</opensearch:totalResults>"
        f"<opensearch:startIndex>0</opensearch:startIndex>{entries}</feed>"
    ).encode()


def _papers(path: Path, n: int) -> list[dict[str, Any]]:
    """Return n papers with categories, each with an arXiv id of its own and a day."""
    papers: dict[str, dict[str, Any]] = {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            paper = json.loads(line)
            # A spreadsheet has made decimal numbers of some ids.
            name = arxiv_id(paper["id"]) or mended_arxiv_id(paper["id"], paper["date"])
            said = paper["title"] + paper["abstract"] + "".join(paper["authors"])
            if name and paper["categories"] and said.isprintable():
                day = paper["date"] + "-01" * (len(paper["date"]) == len("2017-06"))
                papers.setdefault(name, paper | {"id": name, "date": day})
            if len(papers) == n:
                break
    return list(papers.values())


def _serve(folder: Path) -> None:
    """Serve the pages of a folder; print the address."""
    with _server(folder) as base:
        sys.stdout.write(base + "\n")
        sys.stdout.flush()
        threading.Event().wait()


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            words = parse_qs(urlsplit(self.path).query)
            skip = int(words.get("resumptionToken", ["skip=0"])[0].removeprefix("skip="))
            body = (folder / f"{skip // PAGE:05d}.xml").read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_address[1]}"
    finally:
        httpd.shutdown()


if __name__ == "__main__":
    main()
