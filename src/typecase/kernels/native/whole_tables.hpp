// The tables of a query in whole numbers, as `Kernels::scan` looks them up.
#pragma once

#include <vector>

#include "scan.hpp"

namespace typecase {

// Memory that is used again for the tables of the next query.
struct TableMemory {
  std::vector<uint8_t> lut;
  std::vector<float> low;
};

// Each entry of tables, 16 a group, as a whole number of steps above the least of its group; the
// steps are those of a query of length 1, where this one is so long.
Tables whole_tables(const float* tables, size_t n_groups, double length, TableMemory& memory);

}  // namespace typecase
