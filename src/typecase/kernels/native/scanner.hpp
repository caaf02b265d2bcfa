// The index's parts as Python hands them over, checked, and what is asked of them.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "blocks.hpp"
#include "dispatch.hpp"
#include "filter.hpp"
#include "two_grain.hpp"

namespace typecase {

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

inline Effort effort_of(float error, float missing, uint32_t first, float near_error, float near_missing) {
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
    nanobind::gil_scoped_release release;
    auto out = std::make_unique<Filter>(make_filter(parts_, allowed.data(), few));
    out->made_for = number_;
    return out;
  }

  // The same filter, quicker where it is asked for often: it keeps a copy of its rows' codes.
  std::unique_ptr<Filter> gather(const Filter& filter) const {
    check_filter(&filter);
    nanobind::gil_scoped_release release;
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
    nanobind::gil_scoped_release release;
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

  nanobind::tuple search_range(Array<float, 1> query, Array<float, 2> tables, const Filter* filter,
                         float error, float missing, uint32_t first, double least,
                         float near_error, float near_missing) const {
    check(query.shape(0) == parts_.dim, "queries must have dim columns");
    check(tables.shape(0) == parts_.n_groups && tables.shape(1) == 16, "tables must fit");
    check_filter(filter);
    Trace trace;
    std::vector<Found> found;
    {
      nanobind::gil_scoped_release release;
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
    nanobind::capsule rows_owner(rows, [](void* p) noexcept { delete[] static_cast<int64_t*>(p); });
    nanobind::capsule scores_owner(scores, [](void* p) noexcept { delete[] static_cast<float*>(p); });
    return nanobind::make_tuple(
        nanobind::ndarray<nanobind::numpy, int64_t, nanobind::ndim<1>>(rows, {found.size()}, rows_owner),
        nanobind::ndarray<nanobind::numpy, float, nanobind::ndim<1>>(scores, {found.size()}, scores_owner),
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

}  // namespace typecase
