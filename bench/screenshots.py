"""Pictures of the pages, taken by Chromium: for the README, and to be looked at before a change.

    python bench/screenshots.py --readme
    python bench/screenshots.py --out FOLDER [--library DIR] [--page NAME=/path ...]

Without a library the demo shelf is served from a temporary one. `--readme` writes
docs/img/front-page.png, 1440 wide, in as many shades as print needs, under 300 kB.
"""

import argparse
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, sync_playwright

README_PICTURE = Path(__file__).resolve().parents[1] / "docs" / "img" / "front-page.png"
WIDTHS = {320: 640, 768: 1024, 1440: 1000}
SCHEMES = ("light", "dark")
PAGES = {
    "front": "/",
    "month": "/2024-12",
    "empty-day": "/2024-12-25",
    "paper": "/paper/2405.14828",
    "search": "/search?q=teaching+a+model+to+forget",
    "filters": "/search?q=embedding&cat=cs.CL&from=2020&sort=newest",
    "nothing": "/search?q=zqxjkv",
    "category": "/c/cs",
    "days": "/days",
    "categories": "/categories",
    "about": "/about",
    "missing": "/paper/discovering-secret-seeds",
}
FLAGS = [
    *("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
_SHADES = 48


def main() -> None:
    """Take what the command line asks for."""
    args = _arguments()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("No Chromium here; on Debian: apt install chromium fonts-urw-base35 fonts-stix")
    with served(args.library) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        if args.readme:
            picture = _shot(browser, address + "/", 1440, "light", whole=False)
            README_PICTURE.parent.mkdir(parents=True, exist_ok=True)
            README_PICTURE.write_bytes(in_few_shades(picture))
            print(f"{README_PICTURE}: {README_PICTURE.stat().st_size // 1000} kB")
        if args.out:
            _all_pages(browser, address, args.out, dict(args.page) or PAGES)
        browser.close()


def _all_pages(browser: Browser, address: str, folder: Path, pages: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for (name, path), width, scheme in product(pages.items(), WIDTHS, SCHEMES):
        target = folder / f"{name}-{width}-{scheme}.png"
        target.write_bytes(_shot(browser, address + path, width, scheme, whole=True))
        print(target)


def _shot(browser: Browser, url: str, width: int, scheme: str, *, whole: bool) -> bytes:
    page = browser.new_page(
        viewport={"width": width, "height": WIDTHS[width]},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page.goto(url)
    picture = page.screenshot(full_page=whole)
    page.close()
    return picture


@contextmanager
def served(library: Path | None) -> Iterator[str]:
    """Serve a library on a free port, the demo shelf where none is given; yield the address."""
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "broadsheet", "--library", str(library or scratch)]
        command += ["serve", "--port", "0", *([] if library else ["--demo"])]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            yield _announced(server)
        finally:
            server.terminate()
            server.wait(timeout=30)


def _announced(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    for line in server.stdout:
        found = re.search(r"http://[^\s/]+", line)
        if found:
            return found[0]
    sys.exit("The server ended before it said where it is.")


def in_few_shades(png: bytes) -> bytes:
    """Return a picture of ink on paper with a palette from its darkest to its lightest colour."""
    pixels = _decoded(png)
    light = pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    darkest = pixels[np.unravel_index(light.argmin(), light.shape)].astype(np.float32)
    lightest = pixels[np.unravel_index(light.argmax(), light.shape)].astype(np.float32)
    steps = np.linspace(0, 1, _SHADES, dtype=np.float32)[:, None]
    palette = np.rint(darkest + steps * (lightest - darkest)).astype(np.uint8)
    scale = (light - light.min()) / max(float(np.ptp(light)), 1.0)
    return _encoded(np.rint(scale * (_SHADES - 1)).astype(np.uint8), palette)


def _decoded(png: bytes) -> NDArray[np.uint8]:
    """The pixels of an 8-bit RGB or RGBA picture that is not interlaced, (height, width, 3)."""
    chunks = list(_chunks(png))
    width, height, depth, kind = struct.unpack(">IIBB", chunks[0][1][:10])
    channels = {2: 3, 6: 4}[kind]
    assert depth == 8
    raw = zlib.decompress(b"".join(body for name, body in chunks if name == b"IDAT"))
    lines = np.frombuffer(raw, np.uint8).reshape(height, 1 + width * channels)
    above = np.zeros(width * channels, np.uint8)
    rows = []
    for line in lines:
        above = _unfiltered(int(line[0]), line[1:], above, channels)
        rows.append(above)
    return np.stack(rows).reshape(height, width, channels)[:, :, :3]


def _unfiltered(
    kind: int, line: NDArray[np.uint8], above: NDArray[np.uint8], channels: int
) -> NDArray[np.uint8]:
    """One row, by the filters of the PNG specification, section 9."""
    if kind == 0:
        return line.copy()
    if kind == 1:
        return np.cumsum(line.reshape(-1, channels), axis=0, dtype=np.uint8).reshape(-1)
    if kind == 2:
        return line + above
    out, up = bytearray(line.tobytes()), above.tobytes()
    for i in range(len(out)):
        a = out[i - channels] if i >= channels else 0
        b, c = up[i], up[i - channels] if i >= channels else 0
        out[i] = (out[i] + ((a + b) // 2 if kind == 3 else _paeth(a, b, c))) & 255
    return np.frombuffer(bytes(out), np.uint8)


def _paeth(a: int, b: int, c: int) -> int:
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += 12 + length


def _encoded(indices: NDArray[np.uint8], palette: NDArray[np.uint8]) -> bytes:
    height, width = indices.shape
    lines = np.hstack([np.zeros((height, 1), np.uint8), indices])
    parts = {
        b"IHDR": struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0),
        b"PLTE": palette.tobytes(),
        b"IDAT": zlib.compress(lines.tobytes(), 9),
        b"IEND": b"",
    }
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts.items()
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--readme", action="store_true", help="take the README's picture")
    parser.add_argument("--out", type=Path, help="folder for all pages, widths and schemes")
    parser.add_argument("--library", type=Path, help="a library to show instead of the demo shelf")
    parser.add_argument(
        "--page",
        action="append",
        default=[],
        type=lambda text: tuple(text.split("=", 1)),
        metavar="NAME=/PATH",
        help="take this page only; may be given often",
    )
    args = parser.parse_args()
    if not (args.readme or args.out):
        parser.error("nothing to do: give --readme or --out FOLDER")
    return args


if __name__ == "__main__":
    main()
