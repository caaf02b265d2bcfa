// Answers queries as they come: checks them, makes their tables, searches, gives ids for rows.
#pragma once

#include "two_grain.hpp"

namespace typecase {

// How a codec's tables are made: group g of a query has the sum of its products with the axes
// n_points * g and on, each times what `points` says of it for each of sixteen nibbles.
struct Axes {
  const float* rotation;  // n_axes * dim
  size_t n_axes;
  const float* points;  // n_points * 16
  size_t n_points;
  const float* signs;  // n_rounds * dim: the same rotation as a turn, where n_rounds is not 0
  size_t n_rounds;
};

// Fills 16 * n_groups numbers; y has room for n_points * n_groups.
void make_tables(const Kernels& kernels, const Axes& axes, const float* q, size_t dim,
                 size_t n_groups, float* y, float* tables);

// Copies a query, of unit length where `normalise`; false where it is not finite, or longer than
// a product of float32 allows.
bool take_query(const float* q, size_t dim, bool normalise, float* out);

}  // namespace typecase
