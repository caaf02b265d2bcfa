#include "whole_tables.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace typecase {
namespace {

// The least and the greatest of 16 numbers, four at a time.
std::pair<float, float> ends(const float* table) {
  float low[4], high[4];
  for (size_t l = 0; l < 4; ++l) low[l] = high[l] = table[l];
  for (size_t v = 4; v < 16; v += 4)
    for (size_t l = 0; l < 4; ++l) {
      low[l] = table[v + l] < low[l] ? table[v + l] : low[l];
      high[l] = table[v + l] > high[l] ? table[v + l] : high[l];
    }
  return {std::min(std::min(low[0], low[1]), std::min(low[2], low[3])),
          std::max(std::max(high[0], high[1]), std::max(high[2], high[3]))};
}

}  // namespace

Tables whole_tables(const float* tables, size_t n_groups, double length, TableMemory& memory) {
  memory.lut.resize(16 * n_groups + 64);
  auto* lut = memory.lut.data();
  lut += (64 - reinterpret_cast<uintptr_t>(lut) % 64) % 64;
  const float most = std::min(31.0f, std::floor(65535.0f / static_cast<float>(n_groups)));
  memory.low.resize(n_groups);
  float range = 0, bias = 0;
  for (size_t g = 0; g < n_groups; ++g) {
    const auto [low, high] = ends(tables + 16 * g);
    memory.low[g] = low;
    range = std::max(range, high - low);
    bias += low;
  }
  const float step = range > 0 ? range / most : 1.0f;
  const float inverse = 1.0f / step;
  for (size_t g = 0; g < n_groups; ++g) {
    const float* table = tables + 16 * g;
    const float low = memory.low[g];
    int32_t steps[16];
    for (size_t v = 0; v < 16; ++v)
      steps[v] = static_cast<int32_t>(std::min(most, (table[v] - low) * inverse + 0.5f));
    for (size_t v = 0; v < 16; ++v) lut[16 * g + v] = static_cast<uint8_t>(steps[v]);
  }
  return {lut, n_groups, static_cast<float>(step / length), static_cast<float>(bias / length)};
}

}  // namespace typecase
