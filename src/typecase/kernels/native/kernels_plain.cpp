// Every pass in plain C++: the reference of the others, and what runs where nothing else does.
#include <cmath>
#include <cstring>

#include "scan.hpp"

namespace typecase {
namespace {

void block_sums(const uint8_t* block, const Tables& tables, uint16_t* sums) {
  std::memset(sums, 0, kBlockRows * sizeof(uint16_t));
  for (size_t g = 0; g < tables.n_groups; ++g) {
    const uint8_t* line = block + 16 * g;
    const uint8_t* table = tables.lut + 16 * g;
    for (size_t l = 0; l < 16; ++l) {
      sums[l] = static_cast<uint16_t>(sums[l] + table[line[l] & 15]);
      sums[l + 16] = static_cast<uint16_t>(sums[l + 16] + table[line[l] >> 4]);
    }
  }
}

size_t scan(Run& run, const Tables& tables, Hit* hits, size_t capacity) {
  size_t n = 0;
  for (; run.next < run.end && n + kBlockRows <= capacity; ++run.next) {
    const uint32_t wanted = run.mask ? run.mask[run.next] : 0xffffffffu;
    if (!wanted) continue;
    const uint8_t* block = run.blocks + run.next * run.stride;
    const uint8_t* factors = block + 16 * tables.n_groups;
    uint16_t sums[kBlockRows], scale[kBlockRows], offset[kBlockRows];
    block_sums(block, tables, sums);
    std::memcpy(scale, factors, 64);
    std::memcpy(offset, factors + 64, 64);
    for (size_t l = 0; l < kBlockRows; ++l) {
      if (!(wanted >> l & 1)) continue;
      const size_t at = run.next * kBlockRows + l;
      const float slack = run.row_slack ? run.row_slack[at] : run.slack;
      const float add = run.row_add ? run.row_add[at] : run.add;
      const float sum = tables.step * sums[l] + (tables.bias + slack);
      const float bound = half_to_float(scale[l]) * sum + (half_to_float(offset[l]) + add);
      if (bound > run.threshold) hits[n++] = {bound, static_cast<uint32_t>(at) + run.shift};
    }
  }
  return n;
}

void dot_u7(const uint8_t* q, const int8_t* rows, const int32_t* less, size_t n, size_t dim,
            int32_t* out) {
  for (size_t i = 0; i < n; ++i) {
    const int8_t* row = rows + i * dim;
    int32_t sum = 0;
    for (size_t j = 0; j < dim; ++j) sum += int32_t{q[j]} * int32_t{row[j]};
    out[i] = sum - less[i];
  }
}

void scores(const int32_t* products, const float* units, float unit, size_t n, float* out,
            float* best, float* sum) {
  float most = -HUGE_VALF, total = 0;
  for (size_t c = 0; c < n; ++c) {
    out[c] = static_cast<float>(products[c]) * (unit * units[c]);
    most = std::fmax(most, out[c]);
    total += out[c];
  }
  *best = most;
  *sum = total;
}

float hopes(const Outlook& outlook, const float* score, const float* inverse_spread,
            const uint32_t* count, size_t n, float* out) {
  const Survival& survival = outlook.survival;
  float total = 0;
  for (size_t c = 0; c < n; ++c) {
    const float far = (outlook.best - score[c]) * outlook.inverse_range * Survival::kFar;
    const float z = (outlook.threshold - score[c]) * inverse_spread[c];
    const float place = (z - Survival::kFirst) * Survival::kPerUnit;
    const int ring = static_cast<int>(std::fmin(std::fmax(far, 0.0f), float{Survival::kFar}));
    const int at = static_cast<int>(
        std::fmin(std::fmax(place, 0.0f), static_cast<float>(survival.n - 1)));
    out[c] = survival.share[survival.ring[ring] + at] * static_cast<float>(count[c]);
    total += out[c];
  }
  return total;
}

void products(const float* q, const float* rows, size_t n, size_t dim, float* out) {
  for (size_t i = 0; i < n; ++i) {
    const float* row = rows + i * dim;
    float sums[8] = {};
    size_t j = 0;
    for (; j + 8 <= dim; j += 8)
      for (size_t l = 0; l < 8; ++l) sums[l] += q[j + l] * row[j + l];
    for (; j < dim; ++j) sums[0] += q[j] * row[j];
    out[i] = (sums[0] + sums[4]) + (sums[1] + sums[5]) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
  }
}

double dot(const float* q, const float* x, size_t dim) {
  double sum = 0;
  for (size_t j = 0; j < dim; ++j) sum += double{q[j]} * double{x[j]};
  return sum;
}

double square(const float* x, size_t dim) { return dot(x, x, dim); }

void turn(float* y, size_t dim, const float* signs, size_t n_rounds) {
  const size_t width = turn_width(dim), half = dim / 2;
  const float by = 1.0f / std::sqrt(static_cast<float>(width)), root = std::sqrt(0.5f);
  for (size_t r = 0; r < n_rounds; ++r) {
    for (size_t j = 0; j < dim; ++j) y[j] *= signs[r * dim + j];
    float* w = r % 2 ? y + dim - width : y;
    for (size_t h = 1; h < width; h *= 2)
      for (size_t i = 0; i < width; i += 2 * h)
        for (size_t j = i; j < i + h; ++j) {
          const float a = w[j], b = w[j + h];
          w[j] = a + b;
          w[j + h] = a - b;
        }
    for (size_t j = 0; j < width; ++j) w[j] *= by;
    if (width == dim) continue;
    float* upper = y + dim - half;
    for (size_t j = 0; j < half; ++j) {
      const float a = y[j], b = upper[j];
      y[j] = (a + b) * root;
      upper[j] = (a - b) * root;
    }
  }
}

SignSums code_signs(const float* y, const float* t, size_t n, uint8_t* bits) {
  float size[8] = {}, square[8] = {}, across[8] = {};
  std::memset(bits, 0, (n + 7) / 8);
  for (size_t j = 0; j < n; ++j) {
    const bool is_set = y[j] >= 0;
    bits[j / 8] = static_cast<uint8_t>(bits[j / 8] | is_set << j % 8);
    size[j % 8] += is_set ? y[j] : -y[j];
    square[j % 8] += y[j] * y[j];
    across[j % 8] += is_set ? t[j] : -t[j];
  }
  auto sum = [](const float* s) {
    return (s[0] + s[4]) + (s[1] + s[5]) + ((s[2] + s[6]) + (s[3] + s[7]));
  };
  return {sum(size), sum(square), sum(across)};
}

}  // namespace

const Kernels kPlain{"plain",  block_sums, scan, dot_u7, scores,    hopes,
                     products, dot,        square, turn, code_signs};

float half_to_float(uint16_t half) {
  const uint32_t sign = uint32_t{half & 0x8000u} << 16;
  const uint32_t exponent = half >> 10 & 31u;
  const uint32_t fraction = half & 1023u;
  float value;
  if (exponent == 0) {
    value = static_cast<float>(fraction) * 0x1p-24f;
    return sign ? -value : value;
  }
  const uint32_t bits =
      sign | (exponent == 31 ? 0x7f800000u : (exponent + 112) << 23) | fraction << 13;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

uint16_t float_to_half(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  const uint16_t sign = static_cast<uint16_t>(bits >> 16 & 0x8000u);
  bits &= 0x7fffffffu;
  if (bits >= 0x7f800000u) return sign | (bits > 0x7f800000u ? 0x7e00u : 0x7c00u);
  if (bits >= 0x477ff000u) return sign | 0x7c00u;  // rounds to more than 65504
  if (bits < 0x38800000u) {                        // below the smallest normal half
    float magnitude;
    std::memcpy(&magnitude, &bits, sizeof magnitude);
    const float scaled = magnitude + 0.5f;  // adds 2^-1, so that the sum's unit is 2^-24
    std::memcpy(&bits, &scaled, sizeof bits);
    return sign | static_cast<uint16_t>(bits - 0x3f000000u);
  }
  const uint32_t odd = bits >> 13 & 1u;
  return sign | static_cast<uint16_t>((bits - 0x38000000u + 0xfffu + odd) >> 13);
}

}  // namespace typecase
