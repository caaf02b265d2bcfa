"""Product quantization: a word of a small code book for each part of the vector."""

import numpy as np
from numpy.typing import NDArray

from typecase.base.checks import RandomState, check_count, check_rng
from typecase.base.errors import InvalidInputError
from typecase.compress.contract import Codec
from typecase.data.scan_codes import ScanCodes
from typecase.kernels.k_means import k_means, nearest_centers
from typecase.kernels.nibbles import pack_nibbles, unpack_nibbles

_ROWS_A_WORD = 64  # more of a sample than this a word changes little
_SAMPLE_ROWS = 1024
_SAMPLE_QUERIES = 256
_ROWS_AT_ONCE = 4096

Floats = NDArray[np.float32]


class ProductQuantizer(Codec):
    """The row is cut into parts of equal width; the nearest of 2^n_bits words stands for each.

    Scores are those of the whole query with the words (the asymmetric ones of the paper).

    With 4 bits it serves an index that scans (`typecase.data.scan_codes.ScanCodec`): each part is
    a nibble. There the residual is stretched to the length that the sample's rows have about their
    mean before words are looked for, and the row's scale makes `<r, words>` right; fit it on
    residuals of the index's cells.

    Args:
        n_parts: must divide dim; None cuts parts of n_bits dimensions, the last one may be shorter.
        n_bits: 4 or 8; n_parts * n_bits / 8 bytes a row.
        n_rounds: of k-means.
        random_state: seed or Generator of the k-means starts.

    Source:
        Jegou, Douze, Schmid, "Product quantization for nearest neighbor search", TPAMI 2011.
        Differs: 4 bits are the default, not 8; words are of rows about the sample's mean, which
        changes no code of a row; of the sample, 64 rows a word are used.

    Attributes:
        center_: (dim,) float32, the mean of the sample.
        words_: (n_parts, 2^n_bits, width) float32.
        length_: the root mean square length of the sample's rows about the mean.
        noise_: the standard deviation of a scanned product's error over scale |q - c|.
    """

    center_: Floats
    words_: Floats
    length_: float
    noise_: float

    def __init__(
        self,
        *,
        n_parts: int | None = None,
        n_bits: int = 4,
        n_rounds: int = 15,
        random_state: RandomState = 0,
    ) -> None:
        self.n_parts = n_parts
        self.n_bits = n_bits
        self.n_rounds = n_rounds
        self.random_state = random_state

    @property
    def n_bytes(self) -> int:
        """n_bits of a byte a part."""
        self.check_fitted()
        return -(-len(self.words_) * self.n_bits // 8)

    @property
    def n_groups(self) -> int:
        """Nibbles a row, for an index that scans."""
        self._check_scans()
        return len(self.words_)

    @property
    def scan_noise(self) -> float:
        """The standard deviation of an error over scale |q - c|, for an index that scans."""
        self._check_scans()
        return self.noise_

    def scan_encode(self, x: Floats, centers: Floats, cells: NDArray[np.int64]) -> ScanCodes:
        """Return the codes of x, (n, dim), relative to centers[cells]; arrays are not checked.

        Raises:
            NotFittedError: before fit.
            InvalidInputError: n_bits is not 4.
        """
        self._check_scans()
        nibbles = np.empty((len(x), self.n_bytes), dtype=np.uint8)
        scale, offset = np.empty(len(x), np.float32), np.empty(len(x), np.float32)
        for start in range(0, len(x), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            c = centers[cells[part]]
            r = x[part] - c
            numbers, scale[part] = self._scan_words(r)
            offset[part] = np.vecdot(c, r) - scale[part] * np.vecdot(c, self._looked_up(numbers))
            nibbles[part] = pack_nibbles(numbers)
        return ScanCodes(nibbles, scale, offset)

    def scan_tables(self, queries: Floats) -> Floats:
        """Return the tables, (n_queries, n_groups, 16); queries are not checked.

        Raises:
            NotFittedError: before fit.
            InvalidInputError: n_bits is not 4.
        """
        parts = self._parts(queries, self.n_groups)
        tables: Floats = np.vecdot(self.words_, parts[:, :, None])
        return tables

    def _check_params(self) -> None:
        if self.n_bits not in (4, 8) or isinstance(self.n_bits, float):
            raise InvalidInputError(f"n_bits must be 4 or 8, got {self.n_bits!r}.")
        if self.n_parts is not None:
            check_count(self.n_parts, name="n_parts")
        check_count(self.n_rounds, name="n_rounds")
        check_rng(self.random_state)

    def _check_dim(self, dim: int) -> None:
        if self.n_parts is not None and dim % self.n_parts:
            raise InvalidInputError(f"n_parts must divide dim {dim}, got {self.n_parts}.")

    def _check_scans(self) -> None:
        self.check_fitted()
        if self.n_bits != 4:
            raise InvalidInputError(f"A scan needs n_bits=4, got {self.n_bits}.")

    def _learn(self, x: Floats) -> None:
        rng = check_rng(self.random_state)
        n_parts = self.n_parts or -(-x.shape[1] // self.n_bits)
        n_words = 2**self.n_bits
        self.center_ = x.mean(axis=0, dtype=np.float64).astype(np.float32)
        chosen = np.sort(rng.permutation(len(x))[: _ROWS_A_WORD * n_words])
        r = x[chosen] - self.center_
        parts = np.ascontiguousarray(self._parts(r, n_parts).transpose(1, 0, 2))
        self.words_ = np.stack(
            [k_means(p, n_words, n_rounds=self.n_rounds, rng=rng) for p in parts]
        )
        self.length_ = float(np.sqrt(np.square(r, dtype=np.float64).sum(axis=1).mean()))
        self.noise_ = self._measured_noise(r[:_SAMPLE_ROWS]) if self.n_bits == 4 else 0.0

    def _measured_noise(self, r: Floats) -> float:
        """Return the deviation of `scale <q, words> - <q, r>` over scale |q|, between residuals."""
        numbers, scale = self._scan_words(r)
        q = r[:_SAMPLE_QUERIES]
        reach = np.outer(np.linalg.norm(q, axis=1), scale)
        known = reach > 0
        error = (scale * (q @ self._looked_up(numbers).T) - q @ r.T)[known] / reach[known]
        return float(np.sqrt(np.square(error, dtype=np.float64).mean())) if len(error) else 0.0

    def _encode(self, x: Floats) -> NDArray[np.uint8]:
        numbers = self._nearest_words(x - self.center_)
        return numbers if self.n_bits == 8 else pack_nibbles(numbers)

    def _decode(self, codes: NDArray[np.uint8]) -> Floats:
        numbers = codes if self.n_bits == 8 else unpack_nibbles(codes, len(self.words_))
        x = self._looked_up(numbers)
        x += self.center_
        return x

    def _scan_words(self, r: Floats) -> tuple[NDArray[np.uint8], Floats]:
        """Return the words of residuals r stretched to the sample's length, and their scales."""
        lengths = np.sqrt(np.vecdot(r, r))
        stretch = np.divide(self.length_, lengths, out=np.zeros_like(lengths), where=lengths > 0)
        numbers = self._nearest_words(r * stretch[:, None])
        along = np.vecdot(r, self._looked_up(numbers))
        scale = np.divide(lengths**2, along, out=np.zeros_like(along), where=along > 0)
        return numbers, scale

    def _nearest_words(self, r: Floats) -> NDArray[np.uint8]:
        """Return the number of the nearest word of each part of r, (n, n_parts)."""
        numbers = np.empty((len(r), len(self.words_)), dtype=np.uint8)
        parts = self._parts(r, len(self.words_))
        for p, words in enumerate(self.words_):
            numbers[:, p] = nearest_centers(parts[:, p], words)
        return numbers

    def _looked_up(self, numbers: NDArray[np.uint8]) -> Floats:
        """Return the words side by side, (n, dim)."""
        n_parts = len(self.words_)
        found = self.words_[np.arange(n_parts), numbers]
        return found.reshape(len(numbers), n_parts * self.words_.shape[2])[:, : len(self.center_)]

    def _parts(self, x: Floats, n_parts: int) -> Floats:
        """Return x as (n, n_parts, width), with zeros behind where n_parts does not divide dim."""
        n, dim = x.shape
        width = -(-dim // n_parts)
        if width * n_parts > dim:
            x = np.pad(x, ((0, 0), (0, width * n_parts - dim)))
        return x.reshape(n, n_parts, width)
