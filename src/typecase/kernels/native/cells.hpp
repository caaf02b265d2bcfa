// Which of many centres is nearest to a row, by way of groups of centres.
#pragma once

#include "scan.hpp"

namespace typecase {

// Vectors as whole numbers of a byte: x[i] * unit[i] is about the vector.
struct WholeVectors {
  const int8_t* x;     // n * dim_i8
  const float* unit;   // n
  const float* half;   // n, half of the squared length
  const int32_t* zero;  // n, 64 times the sum of the numbers of each
};

// Centres in the order of their groups, heads of groups before them.
struct Groups {
  size_t dim;
  size_t dim_i8;  // dim, padded with zeros to a multiple of 32
  size_t n_groups;
  WholeVectors heads;
  WholeVectors members;
  const float* centers;   // dim a member
  const uint32_t* start;  // n_groups + 1, the first member of each group
};

// The number of the nearest member of each of n rows, or of one nearly as near: those of the
// `n_near` nearest groups are looked at, a byte a dimension, and the best few once more whole.
// work: 4 * max(n_groups, members of the largest group) + dim_i8 bytes, aligned to 4.
void nearest_members(const Kernels& kernels, const Groups& groups, const float* x, size_t n,
                     size_t n_near, int32_t* work, int64_t* out);

// Adds n rows of dim to the sums of their cells, dim a cell.
void add_to_sums(const float* x, const int64_t* cells, size_t n, size_t dim, double* sums);

}  // namespace typecase
