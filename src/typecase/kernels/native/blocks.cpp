#include "blocks.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace typecase {
namespace {

struct Place {
  uint8_t* block;
  size_t lane;

  Place(uint8_t* blocks, size_t stride, uint32_t place)
      : block(blocks + size_t{place} / kBlockRows * stride), lane(place % kBlockRows) {}

  uint8_t get(size_t group) const {
    const uint8_t byte = block[16 * group + lane % 16];
    return lane < 16 ? byte & 15 : byte >> 4;
  }

  void put(size_t group, uint8_t code) const {
    uint8_t& byte = block[16 * group + lane % 16];
    byte = static_cast<uint8_t>(lane < 16 ? (byte & 0xf0) | code : (byte & 0x0f) | code << 4);
  }

  uint8_t* scale(size_t n_groups) const { return block + 16 * n_groups + 2 * lane; }
  uint8_t* offset(size_t n_groups) const { return scale(n_groups) + 64; }
};

}  // namespace

void put_rows(uint8_t* blocks, size_t stride, size_t n_groups, const uint8_t* nibbles,
              size_t n_code_bytes, const float* scale, const float* offset,
              const uint32_t* places, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    const Place to(blocks, stride, places[i]);
    const uint8_t* code = nibbles + i * n_code_bytes;
    for (size_t g = 0; g < 2 * n_code_bytes && g < n_groups; ++g)
      to.put(g, g % 2 ? code[g / 2] >> 4 : code[g / 2] & 15);
    const uint16_t factors[2] = {float_to_half(scale[i]), float_to_half(offset[i])};
    std::memcpy(to.scale(n_groups), &factors[0], 2);
    std::memcpy(to.offset(n_groups), &factors[1], 2);
  }
}

void move_rows(const uint8_t* from, uint8_t* to, size_t stride, size_t n_groups,
               const uint32_t* from_places, const uint32_t* to_places, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    const Place a(const_cast<uint8_t*>(from), stride, from_places[i]);
    const Place b(to, stride, to_places[i]);
    for (size_t g = 0; g < n_groups; ++g) b.put(g, a.get(g));
    std::memcpy(b.scale(n_groups), a.scale(n_groups), 2);
    std::memcpy(b.offset(n_groups), a.offset(n_groups), 2);
  }
}

void clear_rows(uint8_t* blocks, size_t stride, size_t n_blocks) {
  uint16_t nothing[kBlockRows];
  std::fill(nothing, nothing + kBlockRows, float_to_half(-HUGE_VALF));
  for (size_t b = 0; b < n_blocks; ++b) {
    uint8_t* offsets = blocks + (b + 1) * stride - sizeof nothing;
    std::memset(blocks + b * stride, 0, stride - sizeof nothing);
    std::memcpy(offsets, nothing, sizeof nothing);
  }
}

}  // namespace typecase
