"""The report's tables of one run: speed, memory, threads, the machine's limit, a cold disk."""

from typing import Any

from bench.filtered.engines import is_ours
from bench.filtered.sweep import WANTED

DASH = "–"


def speed_table(figures: dict[str, Any]) -> str:
    """Return a table: a line a filter, a column an engine; first, ours against the best peers."""
    engines = [
        engine
        for engine in figures["engines"]
        if any("recall" in of_engine.get(engine, {}) for of_engine in figures["duel"].values())
    ]
    head = ["filter", "kind", "passes, %", "ours / best peer", "best peer", "ours / best faiss"]
    head += [bold(engine) for engine in engines]
    lines = [line(head), line(["---", "---", "---:", "---:", "---"] + ["---:"] * (len(head) - 5))]
    for row, of_engine in figures["duel"].items():
        share = figures["shares"][row]
        peers = {e: found for e, found in of_engine.items() if not is_ours(e)}
        best = fastest(peers)
        of_faiss = {e: found for e, found in peers.items() if e.startswith("faiss ")}
        cells = [row, share.get("kind", ""), f"{100 * share['share']:.3g}"]
        cells += [ratio_cell(of_engine, peers), best[0] if best else DASH]
        cells += [ratio_cell(of_engine, of_faiss)]
        lines.append(line(cells + [_speed(of_engine.get(engine, {})) for engine in engines]))
    return "\n".join(lines)


def fastest(of_engine: dict[str, Any]) -> tuple[str, float] | None:
    """Return the engine and its q/s, of those that reach the recall."""
    good = [(e, f["qps"]) for e, f in of_engine.items() if f.get("recall", 0.0) >= WANTED]
    return max(good, key=lambda pair: pair[1]) if good else None


def ratio(of_engine: dict[str, Any], peers: dict[str, Any]) -> float | None:
    """Return the best of ours over the best of these peers; None where one does not reach it."""
    ours = fastest({e: found for e, found in of_engine.items() if is_ours(e)})
    best = fastest(peers)
    return ours[1] / best[1] if ours and best else None


def ratio_cell(of_engine: dict[str, Any], peers: dict[str, Any]) -> str:
    found = ratio(of_engine, peers)
    if found is not None:
        return f"**{found:.2f}**"
    ours = fastest({e: figures for e, figures in of_engine.items() if is_ours(e)})
    return "none reaches it" if ours and peers else DASH


def _speed(found: dict[str, Any]) -> str:
    if "recall" not in found:
        return DASH
    recall = f"{found['recall']:.3f}".removeprefix("0")
    cell = f"{found['qps']:,.0f} ({recall})"
    return f"*{cell}*" if found["recall"] < WANTED else cell


def cost_table(figures: dict[str, Any]) -> str:
    head = ["engine", "memory, bytes a vector", "of it mapped", "pages of vectors in use"]
    head += ["disk, bytes a vector", "build, CPU s", "open, s", "what"]
    lines = [line(head), line(["---"] + ["---:"] * 6 + ["---"])]
    for engine, about in figures["engines"].items():
        if "open_s" not in about:
            reason = f"not measured: {about.get('reason', 'it did not open')}"
            lines.append(line([bold(engine), *[DASH] * 6, reason.replace("|", "/")]))
            continue
        cells = [
            *_memory(about),
            f"{about['disk_bytes'] / figures['rows']:,.0f}",
            _build(about),
            f"{about['open_s']:.2f}",
            about.get("note", ""),
        ]
        lines.append(line([bold(engine), *cells]))
    lines.append(
        "\nMemory is what a fresh process holds after opening the index and answering the 1,000 "
        "unfiltered queries (in 10 s at most): its own pages, and the pages in use of mapped files "
        "of the index except the vectors'; not the engine's code, which is imported before. Pages "
        "of the vectors' file come beside it, as many as queries have asked for; the system may "
        "drop them. Behind the median of several builds, in turn with other engines' builds, stand "
        "the least and the most, and what of it is the kernel's: it finds pages for what is "
        "written, at 15 us each where a host takes back what memory is free."
    )
    return "\n".join(lines)


def _build(about: dict[str, Any]) -> str:
    took = f"{about['build_cpu_s']:,.{0 if about['build_cpu_s'] >= 100 else 1}f}"
    several, in_kernel = about.get("builds_cpu_s", []), about.get("build_kernel_s")
    notes = [f"{min(several):,.1f}–{max(several):,.1f}"] if len(several) > 1 else []
    notes += [f"kernel {in_kernel:,.1f}"] if in_kernel is not None else []
    return f"{took} ({', '.join(notes)})" if notes else took


def memory_of(about: dict[str, Any]) -> float | None:
    """Return bytes a vector, of its own and mapped."""
    if "own_bytes" not in about:
        return None
    return float(about["own_bytes"]) + float(about["mapped_bytes"])


def _memory(about: dict[str, Any]) -> list[str]:
    total = memory_of(about)
    if total is None:
        return [DASH] * 3
    mapped, pages = about["mapped_bytes"], about["vector_pages_bytes"]
    return [f"{total:,.0f}", f"{mapped:,.0f}", f"{pages:,.0f}"]


def settings_table(figures: dict[str, Any]) -> str:
    """Return our settings side by side: bytes a vector, and what the smaller one loses."""
    ours = [e for e in figures["engines"] if is_ours(e) and _is_duelled(figures, e)]
    if len(ours) < 2:
        return ""
    memory = {engine: memory_of(figures["engines"][engine]) for engine in ours}
    short = [engine.removeprefix("typecase ") for engine in ours]
    head = ["filter", *[f"{name}: {part}" for name in short for part in ("q/s", "recall")]]
    head += [f"{short[1]} / {short[0]}"]
    lines = ["\n### Our settings side by side\n", line(head)]
    lines.append(line(["---"] + ["---:"] * (len(head) - 1)))
    held = [cell for e in ours for cell in (f"{memory[e]:,.0f} bytes" if memory[e] else DASH, "")]
    lines.append(line(["memory a vector", *held, _quotient(memory[ours[1]], memory[ours[0]])]))
    for row, of_engine in figures["duel"].items():
        found = [of_engine.get(engine, {}) for engine in ours]
        cells = []
        for f in found:
            cells += [f"{f['qps']:,.0f}", f"{f['recall']:.3f}"] if "recall" in f else [DASH] * 2
        speeds = [f.get("qps") for f in found]
        lines.append(line([row, *cells, _quotient(speeds[1], speeds[0])]))
    lines.append(
        "\nEach is asked for the same recall and reads full vectors for the verdict, so what a "
        "smaller code loses shows as time: its estimates are coarser, and more vectors are read."
    )
    return "\n".join([*lines, ""])


def _is_duelled(figures: dict[str, Any], engine: str) -> bool:
    return any("recall" in of_engine.get(engine, {}) for of_engine in figures["duel"].values())


def _quotient(a: float | None, b: float | None) -> str:
    return f"{a / b:.2f}" if a and b else DASH


def threads_table(figures: dict[str, Any]) -> str:
    of_threads = {e: about.get("two_threads") for e, about in figures["engines"].items()}
    rows = list(dict.fromkeys(row for found in of_threads.values() for row in found or {}))
    if not rows:
        return ""
    head = [title for row in rows for title in (f"{row}: one", "two", "ratio")]
    lines = ["\n### Queries a second of one and of two threads\n", line(["engine", *head])]
    lines.append(line(["---"] + ["---:"] * len(head)))
    for engine, found in of_threads.items():
        cells = []
        for row in rows:
            pair = (found or {}).get(row)
            cells += (
                [f"{pair['one']:,.0f}", f"{pair['two']:,.0f}", f"{pair['ratio']:.2f}"]
                if pair
                else [DASH] * 3
            )
        if found:
            lines.append(line([bold(engine), *cells]))
    return "\n".join([*lines, ""])


def work_table(figures: dict[str, Any], limits: dict[str, Any]) -> str:
    """Return what our queries read, the time the machine needs for that, and where ours goes."""
    stream = limits["stream_bytes_per_s"]
    gathered = limits["gathered_rows_per_s"]["rows of 1,536 bytes"]
    head = ["filter", "centres, KB", "codes, KB", "vectors", "floor, ms", "measured, ms", "times"]
    head += ["of it: call", "centres", "codes", "vectors"]
    lines = ["\n### Against the machine's limit\n"]
    for engine, found in figures["work"].items():
        cost = {name: found["fit"].get(name, 0.0) for name in ("call", "cells", "codes", "rows")}
        lines += [f"{engine}:\n", line(head), line(["---"] + ["---:"] * (len(head) - 1))]
        for row, read in found["rows"].items():
            floor = 1e3 * ((read["cells"] + read["codes"]) / stream + read["rows"] / gathered)
            cells = [f"{read['cells'] / 1e3:,.0f}", f"{read['codes'] / 1e3:,.0f}"]
            cells += [f"{read['rows']:,.0f}", f"{floor:.3f}", f"{read['ms']:.3f}"]
            cells += [f"{read['ms'] / floor:.1f}", f"{cost['call']:.3f}"]
            cells += [f"{cost[name] * read[name]:.3f}" for name in ("cells", "codes", "rows")]
            lines.append(line([row, *cells]))
        lines.append(_why(cost, stream, gathered))
    lines.append(
        "The floor is what streaming the bytes of centres and codes from memory and gathering the "
        "vectors at random take at the speeds below; bytes that lie in a cache cost less. Measured "
        "is the mean over queries of the best of three runs. The last four columns are that time "
        "shared out by least squares over all queries of all filters: so much a call, so much a "
        "byte, so much a vector."
    )
    return "\n".join([*lines, ""])


def _why(cost: dict[str, float], stream: float, gathered: float) -> str:
    """Return in words what keeps a query from the floor."""
    parts = [f"a call costs {1e3 * cost['call']:.0f} µs whatever it reads"]
    for name, what in (("cells", "centres are compared"), ("codes", "codes are scanned")):
        if cost[name]:
            speed = 1e-6 / cost[name]
            parts.append(f"{what} at {speed:.1f} GB/s, where memory gives {stream / 1e9:.1f}")
    if cost["rows"]:
        speed = 1e-3 / cost["rows"]
        parts.append(
            f"vectors are read and multiplied at {speed:.1f} million a second, "
            f"where memory gives {gathered / 1e6:.1f}"
        )
    return f"\nHow far, and why: {'; '.join(parts)}.\n"


_IN_TURNS = (
    "Rows come in turns, the lowest and the highest in brackets, each after the files were read "
    "whole, as what is behind the disk may have a cache, too. "
)


def cold_table(figures: dict[str, Any]) -> str:
    """Return milliseconds of a query that finds no vector in the disk cache, beside warm ones."""
    head = ["engine", "filter", "warm p50", "warm p95", "cold p50", "cold p95", "first"]
    head += ["pages p50", "pages p95", "disk, reads/s", "cold p95 / limit"]
    lines = [line(head), line(["---", "---"] + ["---:"] * 9)]
    left = 0.0
    for engine, of_row in figures["cold"].items():
        for row, of_engine in figures["duel"].items():
            warm, cold = of_engine.get(engine, {}), of_row.get(row, {})
            left = max(left, cold.get("cached_share", 0.0))
            cells = [_ms(warm.get("p50_ms")), _ms(warm.get("p95_ms")), _ms(cold.get("p50_ms"))]
            cells += [_turns(cold), _ms(cold.get("first_ms")), *_disk(cold)]
            lines.append(line([bold(engine), row, *cells]))
    of_rows = [found for of_row in figures["cold"].values() for found in of_row.values()]
    in_turns = _IN_TURNS if any("p95_turns_ms" in found for found in of_rows) else ""
    lines.append(
        "\nMilliseconds on one core. Warm: the files have been read, the duel's queries. Cold: "
        "before each query the pages of the vectors are taken out of the disk cache (`madvise`, "
        f"then `posix_fadvise`; `mincore` found {100 * left:.2g} % of them left at most); codes "
        f"stay, which count as memory. {in_turns}"
        "First: the first query of a process, with no file at all in the cache. Pages: of 4 KB, "
        "that a query has read. Disk: what it gave of such reads after this row, 32 in flight; it "
        "differs from one hour to the other. Limit: the pages of the 95th percentile at that rate."
    )
    return "\n".join([*lines, ""])


def _turns(cold: dict[str, Any]) -> str:
    turns = cold.get("p95_turns_ms", [])
    several = f" ({min(turns):.2f}–{max(turns):.2f})" if len(turns) > 1 else ""
    return _ms(cold.get("p95_ms")) + several


def _disk(cold: dict[str, Any]) -> list[str]:
    if cold.get("disk_reads_per_s", -1) <= 0:
        return [DASH] * 4
    pages, rate = cold["pages_p95"], cold["disk_reads_per_s"]
    limit = f"{cold['p95_ms'] / (1e3 * pages / rate):.1f}" if pages else DASH
    return [f"{cold['pages_p50']:,}", f"{pages:,}", f"{rate:,}", limit]


def _ms(found: float | None) -> str:
    return DASH if found is None else f"{found:.2f}"


def failures(figures: dict[str, Any]) -> str:
    """Return what is missing or failed, with the reason."""
    lines = []
    for engine, about in figures["engines"].items():
        if "reason" in about:
            lines.append(f"- {engine}: {about['reason']}")
    for row, of_engine in figures["duel"].items():
        for engine, found in of_engine.items():
            if found.get("reason", "no filter") != "no filter":
                lines.append(f"- {engine}, {row}: {found['reason']}")
    for engine, of_row in figures.get("cold", {}).items():
        for row, found in of_row.items():
            if "reason" in found:
                lines.append(f"- {engine}, {row}, cold: {found['reason']}")
    return "\n".join(["\nNot measured:\n", *lines, ""]) if lines else ""


def bold(engine: str) -> str:
    return f"**{engine}**" if is_ours(engine) else engine


def line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
