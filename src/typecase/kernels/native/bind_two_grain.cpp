// What Python sees of the two-grain index. Every size is checked here; nothing below checks again.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "bindings.hpp"
#include "blocks.hpp"
#include "desk.hpp"
#include "dispatch.hpp"
#include "filter.hpp"
#include "two_grain.hpp"

namespace nb = nanobind;

namespace typecase {
namespace {

template <typename T>
using Optional = std::optional<Array<T, 1>>;

// Calls body(0) .. body(n - 1), by several threads where asked for.
template <typename F>
void each(size_t n, size_t n_threads, F body) {
  n_threads = std::min(n_threads, n);
  if (n_threads <= 1) {
    for (size_t i = 0; i < n; ++i) body(i);
    return;
  }
  std::atomic<size_t> next{0};
  std::exception_ptr failed;
  std::once_flag first;
  auto work = [&] {
    try {
      for (size_t i; (i = next.fetch_add(1)) < n;) body(i);
    } catch (...) {  // no memory; past the end of a thread it would end the process
      std::call_once(first, [&] { failed = std::current_exception(); });
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(n_threads);
  try {
    while (threads.size() + 1 < n_threads) threads.emplace_back(work);
  } catch (const std::system_error&) {
    // the system gives no more threads: those that are there do the work
  }
  work();
  for (auto& thread : threads) thread.join();
  if (failed) std::rethrow_exception(failed);
}

constexpr size_t kTogether = 32;  // queries that look everywhere
constexpr float kSame = -1.0f;  // as where the filter does not go with the query

Effort effort_of(float error, float missing, uint32_t first, float near_error, float near_missing) {
  Effort effort{error, missing, first};
  if (near_error >= 0) effort.near_error = near_error;
  if (near_missing >= 0) effort.near_missing = near_missing;
  return effort;
}

class Scanner {
 public:
  Scanner(Array<int8_t, 2> centers, Array<float, 1> unit, Array<float, 1> square,
          Array<float, 1> inverse_spread, Array<uint32_t, 1> start, Array<uint32_t, 1> count,
          Optional<uint32_t> order, Array<uint8_t, 2> blocks, Array<uint8_t, 2> tail,
          Array<uint32_t, 1> tail_cell,
          std::vector<Array<float, 2>> pieces, std::vector<bool> is_mapped,
          std::vector<Array<int64_t, 1>> ids, Optional<uint32_t> narrow_ids,
          Array<int32_t, 1> ring, Array<float, 2> survival,
          size_t dim, size_t n_groups, bool cosine, float longest, float unit_length, float noise)
      : pieces_(std::move(pieces)), ids_(std::move(ids)) {
    const size_t n_cells = unit.shape(0), stride = blocks.shape(1);
    check(n_groups % 8 == 0 && stride == 16 * n_groups + kFactorBytes, "blocks have another stride");
    check(stride == tail.shape(1), "tail has another stride");
    check(aligned(blocks) && aligned(tail), "blocks must be aligned to 64 bytes");
    check(centers.shape(0) == n_cells && square.shape(0) == n_cells &&
              inverse_spread.shape(0) == n_cells && count.shape(0) == n_cells &&
              start.shape(0) == n_cells + 1,
          "one value a cell");
    check(centers.shape(1) % 32 == 0 && centers.shape(1) >= dim, "centers must be padded");
    check(tail_cell.shape(0) == kBlockRows * tail.shape(0), "one cell for each place of the tail");
    check(start.data()[0] == 0 && start.data()[n_cells] == blocks.shape(0), "start must fit blocks");
    uint64_t n_in_cells = 0;
    for (size_t c = 0; c < n_cells; ++c) {
      const uint64_t first = start.data()[c], end = start.data()[c + 1];
      check(first <= end, "start must ascend");
      check(count.data()[c] <= kBlockRows * (end - first), "a cell's rows must fit its blocks");
      shifts_.push_back(static_cast<uint32_t>(n_in_cells - kBlockRows * first));
      n_in_cells += count.data()[c];
    }
    check(!order || order->shape(0) == n_in_cells, "order must have one number a row in cells");
    for (size_t i = 0; i < tail_cell.shape(0); ++i)
      check(tail_cell.data()[i] < n_cells, "a cell of the tail is out of range");
    check(ring.shape(0) == Survival::kFar + 1 && survival.shape(1) > 0 && survival.size() < 1u << 30, "ring must have 65 values");
    for (size_t i = 0; i < ring.shape(0); ++i)
      check(ring.data()[i] >= 0 && ring.data()[i] % survival.shape(1) == 0 &&
                ring.data()[i] / survival.shape(1) < survival.shape(0),
            "a ring is out of range");
    uint64_t n_rows = 0;
    std::vector<Piece> places;
    is_mapped.resize(is_mapped.empty() ? pieces_.size() : is_mapped.size());
    check(is_mapped.size() == pieces_.size(), "is_mapped must have one value a piece");
    for (size_t i = 0; i < pieces_.size(); ++i) {
      check(pieces_[i].shape(1) == dim, "pieces must have dim columns");
      places.push_back({pieces_[i].data(), n_rows, is_mapped[i]});
      n_rows += pieces_[i].shape(0);
    }
    check(n_rows < 0xffffffffu, "at most 2^32 - 2 rows");
    check(n_in_cells <= n_rows, "cells must not hold more rows than there are");
    check(blocks.shape(0) <= (size_t{1} << 32) / kBlockRows, "places are numbers of 32 bits");
    const uint64_t n_narrow = narrow_ids ? narrow_ids->shape(0) : 0;
    uint64_t n_ids = n_narrow;
    std::vector<IdRun> runs;
    for (const auto& run : ids_) {
      if (run.shape(0)) runs.push_back({run.data(), n_ids});
      n_ids += run.shape(0);
    }
    check((ids_.empty() && !n_narrow) || n_ids == n_rows, "ids must be one a row");
    narrow_ids_ = narrow_ids;
    order_ = order;
    arrays_ = {centers, unit, square, inverse_spread, start, count, blocks, tail, tail_cell, ring, survival};
    zeros_.resize(n_cells);
    for (size_t c = 0; c < n_cells; ++c) lengths_.push_back(std::sqrt(square.data()[c]));
    for (size_t c = 0; c < n_cells; ++c)
      for (size_t j = 0; j < centers.shape(1); ++j)
        zeros_[c] += 64 * centers.data()[c * centers.shape(1) + j];
    parts_ = {dim, n_groups, stride, n_cells, centers.shape(1), centers.data(), zeros_.data(), unit.data(),
              square.data(), lengths_.data(), inverse_spread.data(), start.data(), count.data(),
              shifts_.data(), static_cast<uint32_t>(n_in_cells), order ? order->data() : nullptr, blocks.data(),
              tail.shape(0), tail.data(), tail_cell.data(), std::move(places),
              n_narrow ? narrow_ids->data() : nullptr, n_narrow, std::move(runs),
              n_rows, cosine, longest,
              unit_length, noise, {ring.data(), survival.data(), static_cast<int>(survival.shape(1))}, &disk_};
  }

  // allowed: one bit a row. Where `few` or less are, they are listed and all get exact scores.
  std::unique_ptr<Filter> allow(Array<uint32_t, 1> allowed, size_t few) const {
    check(allowed.shape(0) * 32 >= parts_.n_rows, "allowed must have one bit a row");
    nb::gil_scoped_release release;
    auto out = std::make_unique<Filter>(make_filter(parts_, allowed.data(), few));
    out->made_for = number_;
    return out;
  }

  // The same filter, quicker where it is asked for often: it keeps a copy of its rows' codes.
  std::unique_ptr<Filter> gather(const Filter& filter) const {
    check_filter(&filter);
    nb::gil_scoped_release release;
    return std::make_unique<Filter>(typecase::gather(parts_, filter));
  }

  // Fills rows (-1 where fewer are allowed) and scores, (n_queries, k); returns what it took.
  std::vector<double> search(Array<float, 2> queries, Array<float, 3> tables, const Filter* filter,
                             float error, float missing, uint32_t first, size_t n_threads,
                             Output<int64_t, 2> rows, Output<float, 2> scores, float near_error,
                             float near_missing) const {
    const size_t n = queries.shape(0), k = rows.shape(1);
    check_queries(queries, tables, filter);
    check(rows.shape(0) == n && scores.shape(0) == n && scores.shape(1) == k, "outputs must fit");
    const Effort effort = effort_of(error, missing, first, near_error, near_missing);
    std::vector<Trace> traces(n);
    nb::gil_scoped_release release;
    const size_t together = effort.missing > 0 ? 1 : kTogether;
    each((n + together - 1) / together, n_threads, [&](size_t group) {
      const size_t first = group * together, n_here = std::min(together, n - first);
      const auto found = typecase::search_together(
          parts_, kernels(), queries.data() + first * parts_.dim,
          tables.data() + first * tables.shape(1) * 16, n_here, k, allowed(filter), effort,
          traces.data() + first);
      for (size_t i = 0; i < n_here; ++i)
        for (size_t j = 0; j < k; ++j) {
          const bool there = j < found[i].size();
          const size_t at = (first + i) * k + j;
          rows.data()[at] = there ? int64_t{found[i][j].row} : -1;
          scores.data()[at] = there ? static_cast<float>(found[i][j].score)
                                    : -std::numeric_limits<float>::infinity();
        }
    });
    return totals(traces);
  }

  nb::tuple search_range(Array<float, 1> query, Array<float, 2> tables, const Filter* filter,
                         float error, float missing, uint32_t first, double least,
                         float near_error, float near_missing) const {
    check(query.shape(0) == parts_.dim, "queries must have dim columns");
    check(tables.shape(0) == parts_.n_groups && tables.shape(1) == 16, "tables must fit");
    check_filter(filter);
    Trace trace;
    std::vector<Found> found;
    {
      nb::gil_scoped_release release;
      found = typecase::search_range(parts_, kernels(), query.data(), tables.data(), least,
                                     allowed(filter),
                                     effort_of(error, missing, first, near_error, near_missing),
                                     trace);
    }
    auto* rows = new int64_t[found.size()];
    auto* scores = new float[found.size()];
    for (size_t i = 0; i < found.size(); ++i) {
      rows[i] = found[i].row;
      scores[i] = static_cast<float>(found[i].score);
    }
    nb::capsule rows_owner(rows, [](void* p) noexcept { delete[] static_cast<int64_t*>(p); });
    nb::capsule scores_owner(scores, [](void* p) noexcept { delete[] static_cast<float*>(p); });
    return nb::make_tuple(
        nb::ndarray<nb::numpy, int64_t, nb::ndim<1>>(rows, {found.size()}, rows_owner),
        nb::ndarray<nb::numpy, float, nb::ndim<1>>(scores, {found.size()}, scores_owner),
        totals({trace}));
  }

  const Parts& parts() const { return parts_; }

  void check_filter(const Filter* filter) const {
    check(!filter || filter->is_few || filter->made_for == number_,
          "the filter was made for another state of the index");
  }

  static Allowed allowed(const Filter* filter) {
    return filter ? filter->allowed() : Allowed{nullptr, nullptr, nullptr, 0, nullptr};
  }

 private:
  static bool aligned(const Array<uint8_t, 2>& x) {
    return x.size() == 0 || reinterpret_cast<uintptr_t>(x.data()) % 64 == 0;
  }

  void check_queries(const Array<float, 2>& queries, const Array<float, 3>& tables,
                     const Filter* filter) const {
    check(queries.shape(1) == parts_.dim, "queries must have dim columns");
    check(tables.shape(0) == queries.shape(0) && tables.shape(1) == parts_.n_groups &&
              tables.shape(2) == 16,
          "tables must fit");
    check_filter(filter);
  }

  static std::vector<double> totals(const std::vector<Trace>& traces) {
    std::vector<double> sum(6);
    for (const Trace& t : traces) {
      sum[0] += t.cells;
      sum[1] += t.blocks;
      sum[2] += t.rescored;
      sum[3] += t.rounds;
      sum[4] += t.missing;
      sum[5] += t.went_along;
    }
    return sum;
  }

  std::vector<int32_t> zeros_;
  std::vector<float> lengths_;
  std::vector<Array<float, 2>> pieces_;
  std::vector<Array<int64_t, 1>> ids_;
  std::vector<uint32_t> shifts_;
  Optional<uint32_t> narrow_ids_, order_;
  std::tuple<Array<int8_t, 2>, Array<float, 1>, Array<float, 1>, Array<float, 1>,
             Array<uint32_t, 1>, Array<uint32_t, 1>, Array<uint8_t, 2>, Array<uint8_t, 2>,
             Array<uint32_t, 1>, Array<int32_t, 1>, Array<float, 2>>
      arrays_;
  Parts parts_;
  mutable Disk disk_;
  inline static std::atomic<uint64_t> n_made_{0};
  const uint64_t number_ = ++n_made_;
};

// Checks how tables of n_groups are made of queries of dim.
Axes axes_of(const Array<float, 2>& rotation, const Array<float, 2>& points,
             const Array<float, 2>& signs, size_t dim, size_t n_groups) {
  const size_t n_axes = rotation.shape(0), n_points = points.shape(0);
  check(rotation.shape(1) == dim, "rotation must have as many columns as queries.");
  check(points.shape(1) == 16, "points must be (n, 16).");
  check(n_groups * n_points >= n_axes, "more axes than groups hold.");
  check(!signs.shape(0) || (signs.shape(1) == dim && n_axes == dim),
        "signs must be (n_rounds, dim) of a square rotation.");
  return {rotation.data(), n_axes, points.data(), n_points, signs.data(), signs.shape(0)};
}

// Queries in, ids out. A codec whose tables are products with axes lets it make them.
class Desk {
 public:
  Desk(std::shared_ptr<Scanner> scanner, Array<float, 2> rotation, Array<float, 2> points,
       Array<float, 2> signs, bool normalise)
      : scanner_(std::move(scanner)), rotation_(rotation), points_(points), signs_(signs),
        normalise_(normalise) {
    const Parts& p = scanner_->parts();
    check(points.shape(0) > 0, "points must be (m, 16)");
    axes_ = axes_of(rotation, points, signs, p.dim, p.n_groups);
  }

  // Fills ids (-1 where fewer are allowed) and scores, (n_queries, k), ties to the lower id; false
  // where a query is not finite or too long, or queries do not begin where a float may.
  bool answer(Array<float, 2> queries, const Filter* filter, float error, float missing,
              uint32_t first, size_t n_threads, Output<int64_t, 2> ids,
              Output<float, 2> scores, float near_error, float near_missing) const {
    const Parts& p = scanner_->parts();
    const size_t n = queries.shape(0), k = ids.shape(1);
    check(queries.shape(1) == p.dim, "queries must have dim columns");
    check(ids.shape(0) == n && scores.shape(0) == n && scores.shape(1) == k, "outputs must fit");
    scanner_->check_filter(filter);
    const Effort effort = effort_of(error, missing, first, near_error, near_missing);
    const Allowed allowed = Scanner::allowed(filter);
    if (reinterpret_cast<uintptr_t>(queries.data()) % alignof(float) != 0) return false;
    std::atomic<bool> good{true};
    nb::gil_scoped_release release;
    each(n, n_threads, [&](size_t i) {
      thread_local std::vector<float> own;
      own.resize(p.dim + p.n_groups * (16 + axes_.n_points));
      float* q = own.data();
      float* tables = q + p.dim;
      if (!take_query(queries.data() + i * p.dim, p.dim, normalise_, q)) {
        good = false;
        return;
      }
      if (!allowed.rows)
        make_tables(kernels(), axes_, q, p.dim, p.n_groups, tables + 16 * p.n_groups, tables);
      Trace trace;
      auto found = typecase::search(p, kernels(), q, tables, k, allowed, effort, trace);
      for (size_t j = 0; j < k; ++j) {
        const bool there = j < found.size();
        ids.data()[i * k + j] = there ? id_of(p, found[j].row) : -1;
        scores.data()[i * k + j] = there ? static_cast<float>(found[j].score)
                                         : -std::numeric_limits<float>::infinity();
      }
    });
    return good;
  }

 private:
  std::shared_ptr<Scanner> scanner_;
  Array<float, 2> rotation_, points_, signs_;
  Axes axes_{};
  bool normalise_;
};

void nibble_tables(Array<float, 2> rotation, Array<float, 2> queries, Array<float, 2> points,
                   Array<float, 2> signs, Output<float, 3> tables) {
  const size_t n = queries.shape(0), dim = queries.shape(1), n_groups = tables.shape(1);
  check(tables.shape(0) == n && tables.shape(2) == 16, "tables must be (n_queries, n_groups, 16).");
  const Axes axes = axes_of(rotation, points, signs, dim, n_groups);
  nb::gil_scoped_release release;
  std::vector<float> y(n_groups * axes.n_points);
  for (size_t i = 0; i < n; ++i)
    make_tables(kernels(), axes, queries.data() + i * dim, dim, n_groups, y.data(),
                tables.data() + i * n_groups * 16);
}

size_t n_groups_of(size_t stride) {
  check(stride > kFactorBytes && stride % 128 == 0, "blocks have another stride");
  return (stride - kFactorBytes) / 16;
}

void put(Output<uint8_t, 2> blocks, Array<uint8_t, 2> nibbles, Array<float, 1> scale,
         Array<float, 1> offset, Array<uint32_t, 1> places) {
  const size_t n = nibbles.shape(0), stride = blocks.shape(1);
  const size_t n_groups = n_groups_of(stride);
  check(scale.shape(0) == n && offset.shape(0) == n && places.shape(0) == n,
        "one value a row");
  check(2 * nibbles.shape(1) <= n_groups + 1, "more groups than a block has");
  for (size_t i = 0; i < n; ++i)
    check(places.data()[i] < kBlockRows * blocks.shape(0), "a place is out of range");
  nb::gil_scoped_release release;
  put_rows(blocks.data(), stride, n_groups, nibbles.data(), nibbles.shape(1), scale.data(),
           offset.data(), places.data(), n);
}

void move(Array<uint8_t, 2> from, Output<uint8_t, 2> to, Array<uint32_t, 1> from_places,
          Array<uint32_t, 1> to_places) {
  const size_t n = from_places.shape(0), stride = from.shape(1);
  const size_t n_groups = n_groups_of(stride);
  check(to.shape(1) == stride && to_places.shape(0) == n, "blocks of one form, places in pairs");
  for (size_t i = 0; i < n; ++i)
    check(from_places.data()[i] < kBlockRows * from.shape(0) &&
              to_places.data()[i] < kBlockRows * to.shape(0),
          "a place is out of range");
  nb::gil_scoped_release release;
  move_rows(from.data(), to.data(), stride, n_groups, from_places.data(), to_places.data(), n);
}

void clear(Output<uint8_t, 2> blocks) {
  n_groups_of(blocks.shape(1));
  nb::gil_scoped_release release;
  clear_rows(blocks.data(), blocks.shape(1), blocks.shape(0));
}

void sums(Array<uint8_t, 2> blocks, Array<uint8_t, 2> lut, Output<uint16_t, 2> out) {
  const size_t n_groups = n_groups_of(blocks.shape(1));
  check(lut.shape(0) == n_groups && lut.shape(1) == 16, "tables must fit");
  check(out.shape(0) == blocks.shape(0) && out.shape(1) == kBlockRows, "output must fit");
  check(reinterpret_cast<uintptr_t>(blocks.data()) % 64 == 0 &&
            reinterpret_cast<uintptr_t>(lut.data()) % 64 == 0,
        "blocks and tables must be aligned to 64 bytes");
  const Tables tables{lut.data(), n_groups, 1.0f, 0.0f};
  for (size_t b = 0; b < blocks.shape(0); ++b)
    kernels().block_sums(blocks.data() + b * blocks.shape(1), tables,
                         out.data() + b * kBlockRows);
}

// An array that is never copied to fit: what is written to a copy would be lost.
auto as_is(const char* name) { return nb::arg(name).noconvert(); }

}  // namespace

void bind_two_grain(nb::module_& m) {
  nb::class_<Filter>(m, "Filter")
      .def_ro("n", &Filter::n)
      .def_prop_ro("is_few", [](const Filter& f) { return f.is_few; })
      .def_prop_ro("n_cells", [](const Filter& f) {
        return f.count.size() - static_cast<size_t>(std::count(f.count.begin(), f.count.end(), 0u));
      })
      .def_prop_ro("is_gathered", [](const Filter& f) { return f.gathered.blocks != nullptr; })
      .def_prop_ro("size_bytes", &Filter::size_bytes);
  nb::class_<Scanner>(m, "Scanner")
      .def(nb::init<Array<int8_t, 2>, Array<float, 1>, Array<float, 1>, Array<float, 1>,
                    Array<uint32_t, 1>, Array<uint32_t, 1>, Optional<uint32_t>, Array<uint8_t, 2>,
                    Array<uint8_t, 2>, Array<uint32_t, 1>, std::vector<Array<float, 2>>,
                    std::vector<bool>, std::vector<Array<int64_t, 1>>, Optional<uint32_t>, Array<int32_t, 1>,
                    Array<float, 2>, size_t, size_t, bool, float, float, float>(),
           nb::kw_only(), as_is("centers"), as_is("unit"), as_is("square"),
           as_is("inverse_spread"), as_is("start"), as_is("count"),
           as_is("order") = nb::none(), as_is("blocks"),
           as_is("tail"), as_is("tail_cell"), as_is("pieces"),
           nb::arg("is_mapped") = std::vector<bool>(), as_is("ids") = nb::list(),
           as_is("narrow_ids") = nb::none(), as_is("ring"),
           as_is("survival"), nb::arg("dim"), nb::arg("n_groups"), nb::arg("cosine"),
           nb::arg("longest"), nb::arg("unit_length"), nb::arg("noise"))
      .def("allow", &Scanner::allow, as_is("allowed"), nb::arg("few"))
      .def("gather", &Scanner::gather, nb::arg("filter"))
      .def("search", &Scanner::search, as_is("queries"), as_is("tables"),
           nb::arg("filter").none(), nb::arg("error"), nb::arg("missing"), nb::arg("first"),
           nb::arg("n_threads"), as_is("rows"), as_is("scores"), nb::arg("near_error") = kSame,
           nb::arg("near_missing") = kSame)
      .def("search_range", &Scanner::search_range, as_is("query"), as_is("tables"),
           nb::arg("filter").none(), nb::arg("error"), nb::arg("missing"), nb::arg("first"),
           nb::arg("least"), nb::arg("near_error") = kSame, nb::arg("near_missing") = kSame);
  nb::class_<Desk>(m, "Desk")
      .def(nb::init<std::shared_ptr<Scanner>, Array<float, 2>, Array<float, 2>, Array<float, 2>,
                    bool>(),
           nb::kw_only(), nb::arg("scanner"), as_is("rotation"), as_is("points"),
           as_is("signs"), nb::arg("normalise"))
      .def("answer", &Desk::answer, as_is("queries"), nb::arg("filter").none(),
           nb::arg("error"), nb::arg("missing"), nb::arg("first"), nb::arg("n_threads"),
           as_is("ids"), as_is("scores"), nb::arg("near_error") = kSame,
           nb::arg("near_missing") = kSame);
  m.def("nibble_tables", &nibble_tables, as_is("rotation"),
        as_is("queries"), as_is("points"),
        as_is("signs"), as_is("tables"));
  m.def("put_rows", &put, as_is("blocks"), as_is("nibbles"), as_is("scale"),
        as_is("offset"), as_is("places"));
  m.def("move_rows", &move, as_is("source"), as_is("target"), as_is("source_places"),
        as_is("target_places"));
  m.def("clear_rows", &clear, as_is("blocks"));
  m.def("block_sums", &sums, as_is("blocks"), as_is("lut"), as_is("out"));
}

}  // namespace typecase
