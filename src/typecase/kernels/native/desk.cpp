#include "desk.hpp"

#include <algorithm>
#include <cmath>

namespace typecase {

void make_tables(const Kernels& kernels, const Axes& axes, const float* q, size_t dim,
                 size_t n_groups, float* y, float* tables) {
  std::fill(y, y + n_groups * axes.n_points, 0.0f);
  if (axes.n_rounds) {
    std::copy(q, q + dim, y);
    kernels.turn(y, dim, axes.signs, axes.n_rounds);
  } else {
    kernels.products(q, axes.rotation, axes.n_axes, dim, y);
  }
  const size_t m = axes.n_points;
  for (size_t g = 0; g < n_groups; ++g)
    for (size_t v = 0; v < 16; v += 8) {  // eight sums that stay in registers
      float sums[8] = {};
      for (size_t p = 0; p < m; ++p)
        for (size_t l = 0; l < 8; ++l) sums[l] += y[g * m + p] * axes.points[16 * p + v + l];
      std::copy(sums, sums + 8, tables + 16 * g + v);
    }
}

bool take_query(const float* q, size_t dim, bool normalise, float* out) {
  constexpr double kLongest = 1e18, kShortest = 1e-12;
  double square = 0;
  for (size_t j = 0; j < dim; ++j) square += double{q[j]} * double{q[j]};
  const double length = std::sqrt(square);
  if (!(length <= kLongest)) return false;  // not a number, too
  const double by = normalise ? std::max(length, kShortest) : 1.0;
  for (size_t j = 0; j < dim; ++j) out[j] = static_cast<float>(double{q[j]} / by);
  return true;
}

}  // namespace typecase
