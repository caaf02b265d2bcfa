#include "cells.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace typecase {
namespace {

constexpr size_t kLooked = 16;  // groups at most
constexpr size_t kWhole = 3;    // members whose product is taken once more, in float

constexpr int32_t kZero = 64;

struct Scored {
  float score;
  size_t which;
};

// The best few of what is offered, best first.
template <size_t kMost>
struct Best {
  Scored all[kMost];
  size_t size = 0, limit = kMost;

  void offer(float score, size_t which) {
    if (size == limit && !(score > all[size - 1].score)) return;
    if (size < limit) ++size;
    size_t at = size - 1;
    for (; at && score > all[at - 1].score; --at) all[at] = all[at - 1];
    all[at] = {score, which};
  }
};

// Puts x as whole numbers from 1 to 127, 64 standing for 0; returns their unit.
float whole_numbers(const float* x, size_t dim, size_t dim_i8, uint8_t* out) {
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it leaves no fraction
  constexpr float kMost = 63.0f;
  float most[8] = {};
  size_t j = 0;
  for (; j + 8 <= dim; j += 8)
    for (size_t l = 0; l < 8; ++l) {
      const float size = std::fabs(x[j + l]);  // by a bit, not by a branch that goes wrong half the time
      most[l] = size > most[l] ? size : most[l];
    }
  for (; j < dim; ++j) most[0] = std::max(most[0], std::fabs(x[j]));
  const float largest = *std::max_element(most, most + 8);
  const float by = largest > 0 ? kMost / largest : 0.0f;
  for (j = 0; j < dim; ++j) {
    const float rounded = (x[j] * by + kRound) - kRound;
    const float above = rounded > -kMost ? rounded : -kMost;  // also of what is not a number
    out[j] = static_cast<uint8_t>(kZero + static_cast<int32_t>(above < kMost ? above : kMost));
  }
  std::fill(out + dim, out + dim_i8, uint8_t{0});
  return largest / kMost;
}

template <size_t kMost>
void look(const Kernels& kernels, const WholeVectors& of, size_t first, size_t n, size_t dim_i8,
          const uint8_t* q, float unit, int32_t* products, Best<kMost>& best) {
  kernels.dot_u7(q, of.x + first * dim_i8, of.zero + first, n, dim_i8, products);
  for (size_t i = first; i < first + n; ++i)
    best.offer(static_cast<float>(products[i - first]) * (unit * of.unit[i]) - of.half[i], i);
}

}  // namespace

void nearest_members(const Kernels& kernels, const Groups& groups, const float* x, size_t n,
                     size_t n_near, int32_t* work, int64_t* out) {
  size_t largest = groups.n_groups;
  for (size_t g = 0; g < groups.n_groups; ++g)
    largest = std::max(largest, size_t{groups.start[g + 1] - groups.start[g]});
  auto* q = reinterpret_cast<uint8_t*>(work + largest);
  for (size_t i = 0; i < n; ++i, x += groups.dim) {
    const float unit = whole_numbers(x, groups.dim, groups.dim_i8, q);
    Best<kLooked> near;
    near.limit = std::min({n_near, kLooked, groups.n_groups});
    look(kernels, groups.heads, 0, groups.n_groups, groups.dim_i8, q, unit, work, near);
    Best<kWhole> best;
    for (size_t g = 0; g < near.size; ++g) {
      const size_t first = groups.start[near.all[g].which];
      const size_t end = groups.start[near.all[g].which + 1];
      look(kernels, groups.members, first, end - first, groups.dim_i8, q, unit, work, best);
    }
    float most = -std::numeric_limits<float>::infinity();
    out[i] = best.size ? static_cast<int64_t>(best.all[0].which) : 0;
    for (size_t b = 0; b < best.size; ++b) {
      const size_t which = best.all[b].which;
      float product;
      kernels.products(x, groups.centers + which * groups.dim, 1, groups.dim, &product);
      const float score = product - groups.members.half[which];
      if (score > most) most = score, out[i] = static_cast<int64_t>(which);
    }
  }
}

void add_to_sums(const float* x, const int64_t* cells, size_t n, size_t dim, double* sums) {
  for (size_t i = 0; i < n; ++i) {
    double* sum = sums + static_cast<size_t>(cells[i]) * dim;
    for (size_t j = 0; j < dim; ++j) sum[j] += double{x[i * dim + j]};
  }
}

}  // namespace typecase
