"""Learned codes of any number of bits a dimension, compared as codes on both sides."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.checks import RandomState, check_count, check_rng
from typecase.base.errors import InvalidInputError
from typecase.compress.paired import Answers, PairedCodec, check_above_zero, check_answers
from typecase.compress.recurrent_binary_network import Sizes, blocks_of, forward
from typecase.compress.recurrent_binary_start import first_weights, least_squares
from typecase.compress.recurrent_binary_training import Material, Settings, train
from typecase.data.scan_codes import ScanCodes
from typecase.kernels.bit_planes import pack_planes, unpack_planes
from typecase.kernels.contrast import unit_rows

Floats = NDArray[np.float32]
Levels = NDArray[np.uint8]

_LENGTH = 4  # bytes, float32
_ROWS_AT_ONCE = 1024
_LEAST_ROWS = 256
_MOST_PASSES = 10
_SAMPLE_ROWS = 32_768
_LINE_ROWS = 1024

# +1 where bit b of the nibble v is set, else -1: (4, 16)
_SIGNS = np.where(np.arange(16) >> np.arange(4)[:, None] & 1, 1, -1).astype(np.float32)


class RecurrentBinary(PairedCodec):
    """Signs, signs of what they leave, and so on: a sum of binary vectors weighted by 2^-j.

    The row at length 1, less the sample's mean, goes through perceptrons B_j and R_j with a skip:

        b_0 = sign(B_0(x));  b_j = b_{j-1} + 2^-j sign(B_j(x - R_{j-1}(b_{j-1})))

    learned so that the codes of what belongs together have a high cosine (InfoNCE over the batch,
    its near neighbours among them, and a queue; sign has slope 1 where |z| <= 1). The score is
    that cosine of the codes of both sides (symmetric distance calculation), brought to the scale
    of the inner products by a line fitted on the sample.

    Codes of two versions are comparable when the second was fitted `compatible_with` the codes of
    the first; then one index may hold both, and `new.score_old(queries, old_codes)` is on the
    scale of `new.score(queries, new_codes)`.

    It serves an index that scans (`typecase.data.scan_codes.ScanCodec`), fitted on residuals of
    the index's cells: plane j gives a nibble for each 4 columns. There the query is not a code:
    a linear map learned from codes to rows makes its tables.

    Args:
        n_bits: bits a column, 1 to 8.
        code_dim: columns of a code; None takes dim.
        n_hidden: width of the perceptrons; 0 leaves the skips alone, which are linear.
        n_steps: of Adam, at most; no row is seen more than 10 times.
        batch_size: rows, or pairs.
        queue_size: keys of earlier batches that stay as candidates.
        learning_rate: the peak of it.
        temperature: of the codes' cosines.
        teacher_temperature: of the float products, which tell how near rows should be when no
            pairs are given; None: only a row and itself with noise belong together, as in the
            paper's loss.
        noise: the length of the noise, for teacher_temperature=None.
        is_unit_length: all rows count as of length 1; else 4 bytes a row keep its length.
        random_state: seed or Generator.

    Source:
        Gan et al., "Binary embedding-based retrieval at Tencent" (BEBR), KDD 2023: sections 3.2
        (recurrent binarization, loss), 3.2.3 (compatible training), 3.3 (symmetric distances).
        Differs: the skips start as a random rotation (or, with old codes, as the map that best
        gives those), so that a code is a rotated sign code before it is trained; no batch
        normalization, and R's output is not brought to length 1; the queue has no momentum
        network, its codes are those of the time; hard negatives are rows of the same k-means
        cells; the weights kept are those with the lowest loss on held-out rows; without pairs the
        targets are soft, from the float products, which the paper does not have.

    Attributes:
        mean_: (dim,) float32, of the rows at length 1.
        weights_: (n_weights,) float32, see `recurrent_binary_network`.
        decoder_: (code_dim, dim) float32: codes to rows at length 1 less the mean.
        line_: slope and intercept of the line from cosines of codes to those of rows.
        old_line_: the same for codes of rows and an older version's codes, or None.
        noise_: the standard deviation of a scanned product's error over scale |q - c|.
    """

    mean_: Floats
    weights_: Floats
    decoder_: Floats
    line_: list[float]
    old_line_: list[float] | None
    noise_: float

    def __init__(
        self,
        *,
        n_bits: int = 1,
        code_dim: int | None = None,
        n_hidden: int = 256,
        n_steps: int = 500,
        batch_size: int = 256,
        queue_size: int = 1024,
        learning_rate: float = 1e-4,
        temperature: float = 0.05,
        teacher_temperature: float | None = 0.03,
        noise: float = 0.5,
        is_unit_length: bool = False,
        random_state: RandomState = 0,
    ) -> None:
        self.n_bits = n_bits
        self.code_dim = code_dim
        self.n_hidden = n_hidden
        self.n_steps = n_steps
        self.batch_size = batch_size
        self.queue_size = queue_size
        self.learning_rate = learning_rate
        self.temperature = temperature
        self.teacher_temperature = teacher_temperature
        self.noise = noise
        self.is_unit_length = is_unit_length
        self.random_state = random_state

    def fit(
        self,
        x: ArrayLike,
        *,
        queries: ArrayLike | None = None,
        pairs: ArrayLike | None = None,
        compatible_with: ArrayLike | None = None,
    ) -> Self:
        """Learn from rows, (n, dim).

        Args:
            queries: (n_queries, dim).
            pairs: (n_pairs, 2) whole numbers: a query and a row that answers it. With queries.
            compatible_with: (n, n_bytes) uint8, the codes of the same rows by an older version
                with the same n_bits, code_dim and is_unit_length; its encoder may be another one.

        Raises:
            InvalidInputError: as `Codec.fit`; queries without pairs or the reverse; a pair names
                no query or no row; old codes of another shape.
        """
        rows = self._check_sample(x)
        answers = check_answers(rows, queries, pairs)
        old = None if compatible_with is None else self._old_levels(rows, compatible_with)
        self._learn_with(rows, answers, old)
        self.dim_ = rows.shape[1]
        return self

    def score_old(self, queries: ArrayLike, codes: ArrayLike) -> Floats:
        """Return estimates of the inner products, (n_queries, n), with an older version's codes.

        They are on the scale of `score`, so that rows of both versions may be ranked together.

        Raises:
            NotFittedError: before fit.
            InvalidInputError: as score; fit had no compatible_with.
        """
        self.check_fitted()
        if self.old_line_ is None:
            raise InvalidInputError("score_old needs fit(..., compatible_with=codes).")
        q, rows = self._check_rows(queries, name="queries"), self._check_codes(codes)
        return self._on_line(q, rows, *self.old_line_)

    @property
    def n_bytes(self) -> int:
        """n_bits planes of a bit a column, and the length."""
        return _plane_bytes(self._sizes) + (not self.is_unit_length) * _LENGTH

    @property
    def n_groups(self) -> int:
        """Nibbles a row, for an index that scans."""
        return 2 * _plane_bytes(self._sizes)

    @property
    def scan_noise(self) -> float:
        """The standard deviation of an error over scale |q - c|, for an index that scans."""
        self.check_fitted()
        return self.noise_

    def scan_encode(self, x: Floats, centers: Floats, cells: NDArray[np.int64]) -> ScanCodes:
        """Return the codes of x, (n, dim), relative to centers[cells]; arrays are not checked.

        Raises:
            NotFittedError: before fit.
        """
        nibbles = np.empty((len(x), self.n_groups // 2), dtype=np.uint8)
        scale, offset = np.empty(len(x), np.float32), np.empty(len(x), np.float32)
        for start in range(0, len(x), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            c = centers[cells[part]]
            r = x[part] - c
            levels, scale[part], said = self._scan_code(r)
            offset[part] = np.vecdot(c, r) - scale[part] * np.vecdot(c, said)
            nibbles[part] = pack_planes(levels, self.n_bits)
        return ScanCodes(nibbles, scale, offset)

    def scan_tables(self, queries: Floats) -> Floats:
        """Return the tables, (n_queries, n_groups, 16); queries are not checked.

        Raises:
            NotFittedError: before fit.
        """
        sizes = self._sizes
        width = 8 * -(-sizes.code_dim // 8)
        y = np.zeros((len(queries), width), dtype=np.float32)
        # dot products one by one, so that a batch is its rows
        np.vecdot(self.decoder_, queries[:, None], out=y[:, : sizes.code_dim])
        steps = np.float32(2.0) ** -np.arange(sizes.n_bits, dtype=np.float32)
        planes: Floats = steps[:, None] * y[:, None, :]
        tables: Floats = planes.reshape(len(y), self.n_groups, 4) @ _SIGNS
        tables += (np.vecdot(queries, self.mean_) / np.float32(self.n_groups))[:, None, None]
        return tables

    def _check_params(self) -> None:
        check_count(self.n_bits, name="n_bits", maximum=8)
        if self.code_dim is not None:
            check_count(self.code_dim, name="code_dim")
        for name in ("n_hidden", "n_steps", "queue_size"):
            check_count(getattr(self, name), name=name, minimum=0)
        check_count(self.batch_size, name="batch_size", minimum=2)
        check_above_zero(self.learning_rate, name="learning_rate")
        check_above_zero(self.temperature, name="temperature")
        check_above_zero(self.noise, name="noise")
        if self.teacher_temperature is not None:
            check_above_zero(self.teacher_temperature, name="teacher_temperature")
        check_rng(self.random_state)

    def _new_sizes(self, dim: int) -> Sizes:
        return Sizes(dim, self.code_dim or dim, self.n_bits, self.n_hidden)

    @property
    def _sizes(self) -> Sizes:
        self.check_fitted()
        return Sizes(len(self.mean_), len(self.decoder_), self.n_bits, self.n_hidden)

    def _old_levels(self, x: Floats, codes: ArrayLike) -> Levels:
        """Return the levels, (n, code_dim), of an older version's codes."""
        sizes = self._new_sizes(x.shape[1])
        n_bytes = _plane_bytes(sizes) + (not self.is_unit_length) * _LENGTH
        old = np.asarray(codes)
        if old.dtype != np.uint8 or old.shape != (len(x), n_bytes):
            raise InvalidInputError(
                f"compatible_with must be ({len(x)}, {n_bytes}) uint8, got {old.dtype} {old.shape}."
            )
        return unpack_planes(old[:, : _plane_bytes(sizes)], sizes.n_bits, sizes.code_dim)

    def _learn_from(self, x: Floats, answers: Answers | None) -> None:
        self._learn_with(x, answers, None)

    def _learn_with(self, x: Floats, answers: Answers | None, old: Levels | None) -> None:
        rng = check_rng(self.random_state)
        unit = _unit(x)
        self.mean_ = unit.mean(axis=0, dtype=np.float64).astype(np.float32)
        sizes = self._new_sizes(x.shape[1])
        few = np.sort(rng.permutation(len(x))[:_SAMPLE_ROWS])
        planes = None if old is None else _signs(old[few], self.n_bits)
        self.weights_ = first_weights(unit[few] - self.mean_, sizes, planes, rng)
        n_seen = len(x) if answers is None else len(answers.pairs)
        n_steps = min(self.n_steps, _MOST_PASSES * n_seen // self.batch_size)
        if n_steps and len(x) >= _LEAST_ROWS:
            material = Material(
                x=unit,
                mean=self.mean_,
                queries=None if answers is None else _unit(answers.queries),
                pairs=None if answers is None else answers.pairs,
                old=None if old is None else _unit(_values(old, self.n_bits)),
            )
            self.weights_ = train(self.weights_, sizes, material, self._settings(n_steps), rng)
        self._calibrate(unit[few], sizes, None if old is None else old[few])

    def _settings(self, n_steps: int) -> Settings:
        return Settings(
            n_steps=n_steps,
            batch_size=self.batch_size,
            queue_size=self.queue_size,
            learning_rate=self.learning_rate,
            temperature=self.temperature,
            teacher_temperature=self.teacher_temperature,
            noise=self.noise,
        )

    def _calibrate(self, unit: Floats, sizes: Sizes, old: Levels | None) -> None:
        """Learn the map from codes to rows, the lines of the scores, and the noise of scans."""
        code = _values(self._levels(unit, sizes), sizes.n_bits)
        self.decoder_ = least_squares(code, unit - self.mean_)
        some = slice(0, _LINE_ROWS)
        codes, exact = _unit(code[some]), unit[some] @ unit[some].T
        self.line_ = _line(codes @ codes.T, exact)
        self.old_line_ = None
        if old is not None:
            self.old_line_ = _line(codes @ _unit(_values(old[some], sizes.n_bits)).T, exact)
        self.noise_ = self._measured_noise(unit[some])

    def _measured_noise(self, unit: Floats) -> float:
        """Return the deviation of `scale <q, said> - <q, r>` over scale |q|, between rows."""
        _, scale, said = self._scan_code(unit)
        known = scale > 0
        if not known.any():
            return 0.0
        error = unit @ said[known].T - (unit @ unit[known].T) / scale[known]
        return float(np.sqrt(np.square(error, dtype=np.float64).mean()))

    def _levels(self, unit: Floats, sizes: Sizes) -> Levels:
        """Return the levels, (n, code_dim) below 2^n_bits, of rows at length 1."""
        blocks = blocks_of(self.weights_, sizes)
        out = np.empty((len(unit), sizes.code_dim), dtype=np.uint8)
        for start in range(0, len(unit), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            code = forward(blocks, unit[part] - self.mean_).code
            steps = code * np.float32(2 ** (sizes.n_bits - 1))
            out[part] = (steps + np.float32(2**sizes.n_bits - 1)) / 2
        return out

    def _scan_code(self, r: Floats) -> tuple[Levels, Floats, Floats]:
        """Return levels, scale, and what the codes of residuals r say of their directions."""
        levels = self._levels(_unit(r), self._sizes)
        said = self.mean_ + _values(levels, self.n_bits) @ self.decoder_
        along, square = np.vecdot(r, said), np.vecdot(r, r)
        scale = np.divide(square, along, out=np.zeros_like(along), where=along > 0)
        return levels, scale, said

    def _encode(self, x: Floats) -> NDArray[np.uint8]:
        unit, lengths = unit_rows(x)
        planes = pack_planes(self._levels(unit, self._sizes), self.n_bits)
        if self.is_unit_length:
            return planes
        return np.hstack([planes, lengths.astype("<f4", copy=False).view(np.uint8)])

    def _parts(self, codes: NDArray[np.uint8]) -> tuple[Floats, Floats]:
        """Return the values, (n, code_dim), and the lengths, (n,), of codes."""
        sizes = self._sizes
        n_plane_bytes = _plane_bytes(sizes)
        levels = unpack_planes(codes[:, :n_plane_bytes], sizes.n_bits, sizes.code_dim)
        if self.is_unit_length:
            return _values(levels, sizes.n_bits), np.ones(len(codes), dtype=np.float32)
        lengths = np.ascontiguousarray(codes[:, n_plane_bytes:]).view("<f4")[:, 0]
        return _values(levels, sizes.n_bits), lengths.astype(np.float32)

    def _decode(self, codes: NDArray[np.uint8]) -> Floats:
        values, lengths = self._parts(codes)
        x: Floats = values @ self.decoder_
        x += self.mean_
        x *= lengths[:, None]
        return x

    def _score(self, q: Floats, codes: NDArray[np.uint8]) -> Floats:
        return self._on_line(q, codes, *self.line_)

    def _on_line(
        self, q: Floats, codes: NDArray[np.uint8], slope: float, intercept: float
    ) -> Floats:
        """Return |q| |x| (slope cos(b_q, b_x) + intercept)."""
        unit, q_lengths = unit_rows(q)
        asked = _unit(_values(self._levels(unit, self._sizes), self.n_bits))
        values, lengths = self._parts(codes)
        scores: Floats = asked @ _unit(values).T
        scores *= np.float32(slope)
        scores += np.float32(intercept)
        scores *= lengths
        scores *= q_lengths
        return scores


def _unit(x: Floats) -> Floats:
    return unit_rows(x)[0]


def _plane_bytes(sizes: Sizes) -> int:
    return sizes.n_bits * -(-sizes.code_dim // 8)


def _values(levels: Levels, n_bits: int) -> Floats:
    """Return the sums of signs: level 0 is the lowest, 2^n_bits - 1 the highest."""
    values = levels.astype(np.float32)
    values *= np.float32(2.0 ** (2 - n_bits))
    values -= np.float32(2.0 - 2.0 ** (1 - n_bits))
    return values


def _signs(levels: Levels, n_bits: int) -> Floats:
    """Return the planes, (n_bits, n, code_dim) of 1 and -1, the most significant first."""
    shifts = np.arange(n_bits - 1, -1, -1, dtype=np.uint8)[:, None, None]
    signs: Floats = (levels >> shifts & 1).astype(np.float32) * 2 - 1
    return signs


def _line(x: Floats, y: Floats) -> list[float]:
    """Return slope and intercept of the least squares line; a line of slope 1 where x is one."""
    spread = float(x.var(dtype=np.float64))
    if spread < 1e-9:
        return [1.0, 0.0]
    middle_x, middle_y = float(x.mean(dtype=np.float64)), float(y.mean(dtype=np.float64))
    slope = float(((x - middle_x) * (y - middle_y)).mean(dtype=np.float64)) / spread
    slope = max(slope, 1e-6)
    return [slope, middle_y - slope * middle_x]
