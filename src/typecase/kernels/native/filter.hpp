// Which rows a search may return, in the order of the codes; the codes of few enough rows apart.
#pragma once

#include <cstdint>
#include <vector>

#include "two_grain.hpp"

namespace typecase {

// Codes of a filter's rows alone, in the order of the codes and without gaps.
struct Gathered {
  std::vector<uint8_t> memory;
  const uint8_t* blocks = nullptr;
  size_t n_blocks = 0;
  std::vector<uint32_t> numbers;  // of the rows
  std::vector<uint32_t> start;  // n_cells + 1, in rows: where each cell's begin
  // Of so few rows that all are looked at, whichever cell they are in, those of the tail too:
  std::vector<uint32_t> cells;    // those that hold some
  std::vector<uint32_t> cell_of;  // of each place
};

struct Filter {
  std::vector<uint32_t> mask, count;  // one word a block, then those of the tail; one number a cell
  std::vector<uint32_t> rows;         // their numbers where they are few, else none
  size_t n = 0;
  bool is_few = false;
  uint64_t made_for = 0;  // the number of its scanner
  Gathered gathered;

  size_t size_bytes() const;
  Allowed allowed() const;
};

// allowed: one bit a row. Where `few` or less are, they are listed and all get exact scores.
Filter make_filter(const Parts& parts, const uint32_t* allowed, size_t few);

// The same filter with its codes gathered.
Filter gather(const Parts& parts, const Filter& filter);

}  // namespace typecase
