// NEON, which every 64-bit ARM has: 16 look-ups in one instruction.
#if defined(__aarch64__)
#include <arm_neon.h>

#include "scan.hpp"

namespace typecase {
namespace {

// Sums of 32 rows, eight a register, in their order.
struct Sums {
  uint16x8_t part[4] = {vdupq_n_u16(0), vdupq_n_u16(0), vdupq_n_u16(0), vdupq_n_u16(0)};

  void take(uint8x16_t first, uint8x16_t second) {
    part[0] = vaddw_u8(part[0], vget_low_u8(first));
    part[1] = vaddw_high_u8(part[1], first);
    part[2] = vaddw_u8(part[2], vget_low_u8(second));
    part[3] = vaddw_high_u8(part[3], second);
  }
};

inline Sums look_up(const uint8_t* block, const Tables& tables) {
  Sums sums;
  const uint8x16_t low = vdupq_n_u8(15);
  const size_t n_bytes = 16 * tables.n_groups;
  for (size_t at = 0; at < n_bytes; at += 64) {  // four entries of 31 fit in a byte
    uint8x16_t x = vdupq_n_u8(0), y = x;
    for (size_t i = at; i < at + 64; i += 16) {
      const uint8x16_t codes = vld1q_u8(block + i), table = vld1q_u8(tables.lut + i);
      x = vaddq_u8(x, vqtbl1q_u8(table, vandq_u8(codes, low)));
      y = vaddq_u8(y, vqtbl1q_u8(table, vshrq_n_u8(codes, 4)));
    }
    sums.take(x, y);
  }
  return sums;
}

void block_sums(const uint8_t* block, const Tables& tables, uint16_t* sums) {
  const Sums found = look_up(block, tables);
  for (size_t i = 0; i < 4; ++i) vst1q_u16(sums + 8 * i, found.part[i]);
}

inline float32x4_t halves(const uint8_t* at) {
  return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(at)));
}

size_t scan(Run& run, const Tables& tables, Hit* hits, size_t capacity) {
  size_t n = 0;
  static const uint32_t kBits[4] = {1, 2, 4, 8};
  const uint32x4_t bits = vld1q_u32(kBits);
  const float32x4_t step = vdupq_n_f32(tables.step), threshold = vdupq_n_f32(run.threshold);
  for (; run.next < run.end && n + kBlockRows <= capacity; ++run.next) {
    const uint32_t wanted = run.mask ? run.mask[run.next] : 0xffffffffu;
    if (!wanted) continue;
    const uint8_t* block = run.blocks + run.next * run.stride;
    const uint8_t* factors = block + 16 * tables.n_groups;
    float bounds[kBlockRows];
    const Sums sums = look_up(block, tables);
    uint32_t above = 0;
    for (size_t l = 0; l < kBlockRows; l += 4) {
      const uint16x8_t eight = sums.part[l / 8];
      const uint16x4_t four = l & 4 ? vget_high_u16(eight) : vget_low_u16(eight);
      const float32x4_t total = vcvtq_f32_u32(vmovl_u16(four));
      const size_t at = run.next * kBlockRows + l;
      const float32x4_t slack =
          run.row_slack ? vld1q_f32(run.row_slack + at) : vdupq_n_f32(run.slack);
      const float32x4_t add = run.row_add ? vld1q_f32(run.row_add + at) : vdupq_n_f32(run.add);
      const float32x4_t sum = vfmaq_f32(vaddq_f32(vdupq_n_f32(tables.bias), slack), step, total);
      const float32x4_t bound =
          vfmaq_f32(vaddq_f32(halves(factors + 64 + 2 * l), add), halves(factors + 2 * l), sum);
      vst1q_f32(bounds + l, bound);
      above |= vaddvq_u32(vandq_u32(vcgtq_f32(bound, threshold), bits)) << l;
    }
    above &= wanted;
    const uint32_t first = static_cast<uint32_t>(run.next * kBlockRows) + run.shift;
    for (; above; above &= above - 1) {
      const int l = __builtin_ctz(above);
      hits[n++] = {bounds[l], first + static_cast<uint32_t>(l)};
    }
  }
  return n;
}

void dot_u7(const uint8_t* q, const int8_t* rows, const int32_t* less, size_t n, size_t dim,
            int32_t* out) {
  for (size_t i = 0; i < n; ++i) {
    const int8_t* row = rows + i * dim;
    int32x4_t a = vdupq_n_s32(0), b = a;
    for (size_t j = 0; j < dim; j += 16) {
      const int8x16_t x = vreinterpretq_s8_u8(vld1q_u8(q + j)), y = vld1q_s8(row + j);
      a = vpadalq_s16(a, vmull_s8(vget_low_s8(x), vget_low_s8(y)));
      b = vpadalq_s16(b, vmull_high_s8(x, y));
    }
    out[i] = vaddvq_s32(vaddq_s32(a, b)) - less[i];
  }
}

void products(const float* q, const float* rows, size_t n, size_t dim, float* out) {
  for (size_t i = 0; i < n; ++i) {
    const float* row = rows + i * dim;
    float32x4_t s[4];
    for (auto& each : s) each = vdupq_n_f32(0);
    size_t j = 0;
    for (; j + 16 <= dim; j += 16)
      for (size_t l = 0; l < 4; ++l)
        s[l] = vfmaq_f32(s[l], vld1q_f32(q + j + 4 * l), vld1q_f32(row + j + 4 * l));
    float sum = vaddvq_f32(vaddq_f32(vaddq_f32(s[0], s[1]), vaddq_f32(s[2], s[3])));
    for (; j < dim; ++j) sum += q[j] * row[j];
    out[i] = sum;
  }
}

// Sixteen sums, added in the order of kernels_avx2.cpp, so that both give the same bits.
double dot(const float* q, const float* x, size_t dim) {
  float64x2_t s[8];
  for (auto& each : s) each = vdupq_n_f64(0);
  size_t j = 0;
  for (; j + 16 <= dim; j += 16)
    for (size_t i = 0; i < 8; i += 2) {
      const float32x4_t a = vld1q_f32(q + j + 2 * i), b = vld1q_f32(x + j + 2 * i);
      s[i] = vfmaq_f64(s[i], vcvt_f64_f32(vget_low_f32(a)), vcvt_f64_f32(vget_low_f32(b)));
      s[i + 1] = vfmaq_f64(s[i + 1], vcvt_high_f64_f32(a), vcvt_high_f64_f32(b));
    }
  const float64x2_t low = vaddq_f64(vaddq_f64(s[0], s[2]), vaddq_f64(s[4], s[6]));
  const float64x2_t high = vaddq_f64(vaddq_f64(s[1], s[3]), vaddq_f64(s[5], s[7]));
  const float64x2_t two = vaddq_f64(low, high);
  double sum = vgetq_lane_f64(two, 0) + vgetq_lane_f64(two, 1);
  for (; j < dim; ++j) sum += double{q[j]} * double{x[j]};
  return sum;
}

double square(const float* x, size_t dim) { return dot(x, x, dim); }

}  // namespace

const Kernels kNeon{
    .name = "neon",
    .block_sums = block_sums,
    .scan = scan,
    .dot_u7 = dot_u7,
    .products = products,
    .dot = dot,
    .square = square,
};

}  // namespace typecase
#endif
