// Making blocks of codes.
#pragma once

#include "scan.hpp"

namespace typecase {

// Puts n rows of codes at their places (place / 32 is the block) of blocks that hold no row there.
// nibbles: two groups a byte, n_code_bytes a row.
void put_rows(uint8_t* blocks, size_t stride, size_t n_groups, const uint8_t* nibbles,
              size_t n_code_bytes, const float* scale, const float* offset,
              const uint32_t* places, size_t n);

// Copies rows from place to place, from one array of blocks to another of the same form.
void move_rows(const uint8_t* from, uint8_t* to, size_t stride, size_t n_groups,
               const uint32_t* from_places, const uint32_t* to_places, size_t n);

// Sets every place empty.
void clear_rows(uint8_t* blocks, size_t stride, size_t n_blocks);

}  // namespace typecase
