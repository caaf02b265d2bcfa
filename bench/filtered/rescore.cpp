// Exact inner products of a few rows of a mapped file, and the best of them.
// Every engine that keeps only codes in memory gets its answers from here.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace {

constexpr size_t kAhead = 8;

void prefetch_row(const float* row, size_t dim) {
  for (size_t i = 0; i < dim; i += 16) __builtin_prefetch(row + i);
}

float dot(const float* a, const float* b, size_t dim) {
  // Sixty-four independent sums: four vectors of sixteen, so that loads and products overlap.
  float sums[64] = {};
  size_t i = 0;
  for (; i + 64 <= dim; i += 64)
    for (size_t j = 0; j < 64; ++j) sums[j] += a[i + j] * b[i + j];
  float total = 0;
  for (; i < dim; ++i) total += a[i] * b[i];
  for (float s : sums) total += s;
  return total;
}

}  // namespace

// Writes the ids of the k best of n candidates into out, best first; -1 among the candidates is
// skipped. Returns how many were written.
extern "C" size_t rescore(const float* x, size_t dim, const float* q, const int64_t* ids, size_t n,
                          size_t k, int64_t* out) {
  thread_local std::vector<std::pair<float, int64_t>> scored;
  thread_local std::vector<int64_t> rows;
  scored.clear();
  rows.clear();
  for (size_t i = 0; i < n; ++i)
    if (ids[i] >= 0) rows.push_back(ids[i]);
  for (size_t i = 0; i < std::min(kAhead, rows.size()); ++i) prefetch_row(x + rows[i] * dim, dim);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (i + kAhead < rows.size()) prefetch_row(x + rows[i + kAhead] * dim, dim);
    scored.emplace_back(-dot(x + rows[i] * dim, q, dim), rows[i]);
  }
  const size_t found = std::min(k, scored.size());
  std::partial_sort(scored.begin(), scored.begin() + found, scored.end());
  for (size_t i = 0; i < found; ++i) out[i] = scored[i].second;
  return found;
}
