// AVX2, FMA and F16C: 32 look-ups in two shuffles.
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC target("avx2,fma,f16c")
#endif

#include <immintrin.h>

#include <cstdint>

#include "scan.hpp"

namespace typecase {
namespace {

// Sums of 16 rows while they are made: even and odd rows apart, even groups in the low half.
struct Sums {
  __m256i even, odd;

  void take(__m256i bytes) {
    even = _mm256_add_epi16(even, _mm256_and_si256(bytes, _mm256_set1_epi16(255)));
    odd = _mm256_add_epi16(odd, _mm256_srli_epi16(bytes, 8));
  }

  __m256i in_order() const {
    const __m128i e =
        _mm_add_epi16(_mm256_castsi256_si128(even), _mm256_extracti128_si256(even, 1));
    const __m128i o = _mm_add_epi16(_mm256_castsi256_si128(odd), _mm256_extracti128_si256(odd, 1));
    return _mm256_set_m128i(_mm_unpackhi_epi16(e, o), _mm_unpacklo_epi16(e, o));
  }
};

// The look-ups of n_bytes of codes: at most eight entries of 31 fit in a byte, so 256 at most.
template <size_t n_bytes>
inline void look_up_some(const uint8_t* codes, const uint8_t* lut, Sums& first, Sums& second) {
  const __m256i low = _mm256_set1_epi8(15);
  __m256i x = _mm256_setzero_si256(), y = x;
#pragma GCC unroll 8
  for (size_t i = 0; i < n_bytes; i += 32) {
    const __m256i code = _mm256_load_si256(reinterpret_cast<const __m256i*>(codes + i));
    const __m256i table = _mm256_load_si256(reinterpret_cast<const __m256i*>(lut + i));
    x = _mm256_add_epi8(x, _mm256_shuffle_epi8(table, _mm256_and_si256(code, low)));
    y = _mm256_add_epi8(
        y, _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(code, 4), low)));
  }
  first.take(x);
  second.take(y);
}

inline void look_up(const uint8_t* block, const Tables& tables, __m256i& first, __m256i& second) {
  Sums a{_mm256_setzero_si256(), _mm256_setzero_si256()}, b = a;
  const uint8_t *lut = tables.lut, *end = block + 16 * tables.n_groups;
  for (; block + 256 <= end; block += 256, lut += 256) look_up_some<256>(block, lut, a, b);
  if (block < end) look_up_some<128>(block, lut, a, b);  // groups come in eights
  first = a.in_order();
  second = b.in_order();
}

void block_sums(const uint8_t* block, const Tables& tables, uint16_t* sums) {
  __m256i a, b;
  look_up(block, tables, a, b);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums), a);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums + 16), b);
}

size_t scan(Run& run, const Tables& tables, Hit* hits, size_t capacity) {
  size_t n = 0;
  const __m256 step = _mm256_set1_ps(tables.step);
  const __m256 threshold = _mm256_set1_ps(run.threshold);
  for (; run.next < run.end && n + kBlockRows <= capacity; ++run.next) {
    const uint32_t wanted = run.mask ? run.mask[run.next] : 0xffffffffu;
    if (!wanted) continue;
    const uint8_t* block = run.blocks + run.next * run.stride;
    const uint8_t* factors = block + 16 * tables.n_groups;
    if (run.next + 1 < run.end && (!run.mask || run.mask[run.next + 1]))
      for (size_t i = 0; i < run.stride; i += 64)
        _mm_prefetch(reinterpret_cast<const char*>(block + run.stride + i), _MM_HINT_T0);
    alignas(32) float bounds[kBlockRows];
    __m256i sums[2];
    look_up(block, tables, sums[0], sums[1]);
    uint32_t above = 0;
    for (size_t l = 0; l < kBlockRows; l += 8) {
      const __m128i half_sums = l & 8 ? _mm256_extracti128_si256(sums[l / 16], 1)
                                      : _mm256_castsi256_si128(sums[l / 16]);
      const __m256 total = _mm256_cvtepi32_ps(_mm256_cvtepu16_epi32(half_sums));
      const size_t at = run.next * kBlockRows + l;
      const __m256 slack =
          run.row_slack ? _mm256_loadu_ps(run.row_slack + at) : _mm256_set1_ps(run.slack);
      const __m256 add = run.row_add ? _mm256_loadu_ps(run.row_add + at) : _mm256_set1_ps(run.add);
      const __m256 sum =
          _mm256_fmadd_ps(step, total, _mm256_add_ps(_mm256_set1_ps(tables.bias), slack));
      const __m256 scale =
          _mm256_cvtph_ps(_mm_load_si128(reinterpret_cast<const __m128i*>(factors + 2 * l)));
      const __m256 offset =
          _mm256_cvtph_ps(_mm_load_si128(reinterpret_cast<const __m128i*>(factors + 64 + 2 * l)));
      const __m256 bound = _mm256_fmadd_ps(scale, sum, _mm256_add_ps(offset, add));
      _mm256_store_ps(bounds + l, bound);
      above |= static_cast<uint32_t>(
                   _mm256_movemask_ps(_mm256_cmp_ps(bound, threshold, _CMP_GT_OQ)))
               << l;
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

// The products of 32 bytes, added to four sums of eight.
inline __m256i add_products(__m256i sums, __m256i q, const int8_t* row) {
  const __m256i r = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(row));
  return _mm256_add_epi32(sums,
                          _mm256_madd_epi16(_mm256_maddubs_epi16(q, r), _mm256_set1_epi16(1)));
}

inline __m128i halves_added(__m256i x) {
  return _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
}

// Four rows at a time, so that their sums are added up together.
void dot_u7(const uint8_t* q, const int8_t* rows, const int32_t* less, size_t n, size_t dim,
            int32_t* out) {
  auto at = [&](size_t j) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(q + j)); };
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    const int8_t* row = rows + i * dim;
    __m256i a = _mm256_setzero_si256(), b = a, c = a, d = a;
    for (size_t j = 0; j < dim; j += 32) {
      const __m256i x = at(j);
      a = add_products(a, x, row + j);
      b = add_products(b, x, row + dim + j);
      c = add_products(c, x, row + 2 * dim + j);
      d = add_products(d, x, row + 3 * dim + j);
    }
    const __m128i sums =
        halves_added(_mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d)));
    _mm_storeu_si128(
        reinterpret_cast<__m128i*>(out + i),
        _mm_sub_epi32(sums, _mm_loadu_si128(reinterpret_cast<const __m128i*>(less + i))));
  }
  for (; i < n; ++i) {
    __m256i a = _mm256_setzero_si256(), b = a;
    const int8_t* row = rows + i * dim;
    size_t j = 0;
    for (; j + 64 <= dim; j += 64) {
      a = add_products(a, at(j), row + j);
      b = add_products(b, at(j + 32), row + j + 32);
    }
    if (j < dim) a = add_products(a, at(j), row + j);
    __m128i sum = halves_added(_mm256_add_epi32(a, b));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
    out[i] = _mm_cvtsi128_si32(_mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1))) - less[i];
  }
}

inline float sum_f32(__m256 x) {
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

void scores(const int32_t* products, const float* units, float unit, size_t n, float* out,
            float* best, float* sum) {
  const __m256 by = _mm256_set1_ps(unit);
  __m256 most = _mm256_set1_ps(-__builtin_inff()), total = _mm256_setzero_ps();
  size_t c = 0;
  for (; c + 8 <= n; c += 8) {
    const __m256i product = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(products + c));
    const __m256 score = _mm256_mul_ps(_mm256_cvtepi32_ps(product),
                                       _mm256_mul_ps(by, _mm256_loadu_ps(units + c)));
    _mm256_storeu_ps(out + c, score);
    most = _mm256_max_ps(most, score);
    total = _mm256_add_ps(total, score);
  }
  float mosts[8];
  _mm256_storeu_ps(mosts, most);
  *best = mosts[0];
  for (float m : mosts) *best = m > *best ? m : *best;
  *sum = sum_f32(total);
  for (; c < n; ++c) {
    out[c] = static_cast<float>(products[c]) * (unit * units[c]);
    *best = out[c] > *best ? out[c] : *best;
    *sum += out[c];
  }
}

float hopes(const Outlook& outlook, const float* score, const float* inverse_spread,
            const uint32_t* count, size_t n, float* out) {
  const Survival& survival = outlook.survival;
  const __m256 zero = _mm256_setzero_ps(), most_far = _mm256_set1_ps(Survival::kFar);
  const __m256 last = _mm256_set1_ps(static_cast<float>(survival.n - 1));
  const __m256 best = _mm256_set1_ps(outlook.best);
  const __m256 threshold = _mm256_set1_ps(outlook.threshold);
  const __m256 by_far = _mm256_set1_ps(outlook.inverse_range * Survival::kFar);
  const __m256 per_unit = _mm256_set1_ps(Survival::kPerUnit);
  const __m256 shift = _mm256_set1_ps(-Survival::kFirst * Survival::kPerUnit);
  __m256 total = zero;
  for (size_t c = 0; c < n; c += 8) {
    alignas(32) float s_rest[8] = {}, i_rest[8] = {}, o_rest[8];
    alignas(32) uint32_t n_rest[8] = {};
    const size_t left = n - c;
    for (size_t i = 0; left < 8 && i < left; ++i) {
      s_rest[i] = score[c + i];
      i_rest[i] = inverse_spread[c + i];
      n_rest[i] = count[c + i];
    }
    const bool whole = left >= 8;
    const __m256 s = _mm256_loadu_ps(whole ? score + c : s_rest);
    const __m256 inverse = _mm256_loadu_ps(whole ? inverse_spread + c : i_rest);
    const __m256i rows =
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(whole ? count + c : n_rest));
    const __m256 far = _mm256_mul_ps(_mm256_sub_ps(best, s), by_far);
    const __m256 z = _mm256_mul_ps(_mm256_sub_ps(threshold, s), inverse);
    const __m256 place = _mm256_fmadd_ps(z, per_unit, shift);
    const __m256i ring =
        _mm256_cvttps_epi32(_mm256_min_ps(_mm256_max_ps(far, zero), most_far));
    const __m256i at = _mm256_cvttps_epi32(_mm256_min_ps(_mm256_max_ps(place, zero), last));
    const __m256i from = _mm256_i32gather_epi32(survival.ring, ring, 4);
    const __m256 share = _mm256_i32gather_ps(survival.share, _mm256_add_epi32(from, at), 4);
    const __m256 hope = _mm256_mul_ps(share, _mm256_cvtepi32_ps(rows));
    total = _mm256_add_ps(total, hope);
    _mm256_storeu_ps(whole ? out + c : o_rest, hope);
    for (size_t i = 0; !whole && i < left; ++i) out[c + i] = o_rest[i];
  }
  return sum_f32(total);
}

void products(const float* q, const float* rows, size_t n, size_t dim, float* out) {
  for (size_t i = 0; i < n; ++i) {
    const float* row = rows + i * dim;
    __m256 s0 = _mm256_setzero_ps(), s1 = s0, s2 = s0, s3 = s0;
    size_t j = 0;
    for (; j + 32 <= dim; j += 32) {
      s0 = _mm256_fmadd_ps(_mm256_loadu_ps(q + j), _mm256_loadu_ps(row + j), s0);
      s1 = _mm256_fmadd_ps(_mm256_loadu_ps(q + j + 8), _mm256_loadu_ps(row + j + 8), s1);
      s2 = _mm256_fmadd_ps(_mm256_loadu_ps(q + j + 16), _mm256_loadu_ps(row + j + 16), s2);
      s3 = _mm256_fmadd_ps(_mm256_loadu_ps(q + j + 24), _mm256_loadu_ps(row + j + 24), s3);
    }
    float sum = sum_f32(_mm256_add_ps(_mm256_add_ps(s0, s1), _mm256_add_ps(s2, s3)));
    for (; j < dim; ++j) sum += q[j] * row[j];
    out[i] = sum;
  }
}

inline double sum_f64(__m256d x) {
  const __m128d s = _mm_add_pd(_mm256_castpd256_pd128(x), _mm256_extractf128_pd(x, 1));
  return _mm_cvtsd_f64(_mm_add_sd(s, _mm_unpackhi_pd(s, s)));
}

double dot(const float* q, const float* x, size_t dim) {
  __m256d s0 = _mm256_setzero_pd(), s1 = s0, s2 = s0, s3 = s0;
  size_t j = 0;
  for (; j + 16 <= dim; j += 16) {
    s0 = _mm256_fmadd_pd(_mm256_cvtps_pd(_mm_loadu_ps(q + j)),
                         _mm256_cvtps_pd(_mm_loadu_ps(x + j)), s0);
    s1 = _mm256_fmadd_pd(_mm256_cvtps_pd(_mm_loadu_ps(q + j + 4)),
                         _mm256_cvtps_pd(_mm_loadu_ps(x + j + 4)), s1);
    s2 = _mm256_fmadd_pd(_mm256_cvtps_pd(_mm_loadu_ps(q + j + 8)),
                         _mm256_cvtps_pd(_mm_loadu_ps(x + j + 8)), s2);
    s3 = _mm256_fmadd_pd(_mm256_cvtps_pd(_mm_loadu_ps(q + j + 12)),
                         _mm256_cvtps_pd(_mm_loadu_ps(x + j + 12)), s3);
  }
  double sum = sum_f64(_mm256_add_pd(_mm256_add_pd(s0, s1), _mm256_add_pd(s2, s3)));
  for (; j < dim; ++j) sum += double{q[j]} * double{x[j]};
  return sum;
}

double square(const float* x, size_t dim) { return dot(x, x, dim); }

// Sums and differences of numbers 1, 2 and 4 apart.
inline __m256 turn_eight(__m256 v) {
  const __m256 odd = _mm256_castsi256_ps(_mm256_set1_epi64x(INT64_MIN));
  const __m256 upper = _mm256_castsi256_ps(_mm256_set_epi32(INT32_MIN, INT32_MIN, 0, 0, INT32_MIN,
                                                            INT32_MIN, 0, 0));
  v = _mm256_add_ps(_mm256_moveldup_ps(v), _mm256_xor_ps(_mm256_movehdup_ps(v), odd));
  v = _mm256_add_ps(_mm256_permute_ps(v, 0x44), _mm256_xor_ps(_mm256_permute_ps(v, 0xee), upper));
  const __m128 a = _mm256_castps256_ps128(v), b = _mm256_extractf128_ps(v, 1);
  return _mm256_set_m128(_mm_sub_ps(a, b), _mm_add_ps(a, b));
}

void turn(float* y, size_t dim, const float* signs, size_t n_rounds) {
  const size_t width = turn_width(dim), half = dim / 2;
  if (dim % 8 || width < 16 || half % 8) return kPlain.turn(y, dim, signs, n_rounds);
  const __m256 by = _mm256_set1_ps(1.0f / __builtin_sqrtf(static_cast<float>(width)));
  const __m256 root = _mm256_set1_ps(__builtin_sqrtf(0.5f));
  for (size_t r = 0; r < n_rounds; ++r, signs += dim) {
    const size_t first = r % 2 ? dim - width : 0;
    float* w = y + first;
    for (size_t j = 0; j < dim; j += 8) {
      __m256 v = _mm256_mul_ps(_mm256_loadu_ps(y + j), _mm256_loadu_ps(signs + j));
      if (j >= first && j < first + width) v = turn_eight(v);
      _mm256_storeu_ps(y + j, v);
    }
    size_t h = 8;
    for (; 4 * h <= width; h *= 4)  // two steps at once
      for (size_t i = 0; i < width; i += 4 * h)
        for (size_t j = i; j < i + h; j += 8) {
          const __m256 a = _mm256_loadu_ps(w + j), b = _mm256_loadu_ps(w + j + h);
          const __m256 c = _mm256_loadu_ps(w + j + 2 * h), d = _mm256_loadu_ps(w + j + 3 * h);
          const __m256 s = _mm256_add_ps(a, b), t = _mm256_sub_ps(a, b);
          const __m256 u = _mm256_add_ps(c, d), v = _mm256_sub_ps(c, d);
          _mm256_storeu_ps(w + j, _mm256_add_ps(s, u));
          _mm256_storeu_ps(w + j + h, _mm256_add_ps(t, v));
          _mm256_storeu_ps(w + j + 2 * h, _mm256_sub_ps(s, u));
          _mm256_storeu_ps(w + j + 3 * h, _mm256_sub_ps(t, v));
        }
    for (size_t j = 0; 2 * h <= width && j < h; j += 8) {
      const __m256 a = _mm256_loadu_ps(w + j), b = _mm256_loadu_ps(w + j + h);
      _mm256_storeu_ps(w + j, _mm256_add_ps(a, b));
      _mm256_storeu_ps(w + j + h, _mm256_sub_ps(a, b));
    }
    for (size_t j = 0; j < width; j += 8)
      _mm256_storeu_ps(w + j, _mm256_mul_ps(_mm256_loadu_ps(w + j), by));
    for (size_t j = 0; width < dim && j < half; j += 8) {
      const __m256 a = _mm256_loadu_ps(y + j), b = _mm256_loadu_ps(y + half + j);
      _mm256_storeu_ps(y + j, _mm256_mul_ps(_mm256_add_ps(a, b), root));
      _mm256_storeu_ps(y + half + j, _mm256_mul_ps(_mm256_sub_ps(a, b), root));
    }
  }
}

SignSums code_signs(const float* y, const float* t, size_t n, uint8_t* bits) {
  const __m256 zero = _mm256_setzero_ps(), minus = _mm256_set1_ps(-0.0f);
  __m256 size = zero, square = zero, across = zero;
  size_t j = 0;
  for (; j + 8 <= n; j += 8) {
    const __m256 v = _mm256_loadu_ps(y + j);
    const __m256 is_set = _mm256_cmp_ps(v, zero, _CMP_GE_OQ);
    const __m256 flip = _mm256_andnot_ps(is_set, minus);
    bits[j / 8] = static_cast<uint8_t>(_mm256_movemask_ps(is_set));
    size = _mm256_add_ps(size, _mm256_xor_ps(v, flip));
    square = _mm256_fmadd_ps(v, v, square);
    across = _mm256_add_ps(across, _mm256_xor_ps(_mm256_loadu_ps(t + j), flip));
  }
  SignSums sums{sum_f32(size), sum_f32(square), sum_f32(across)};
  if (j == n) return sums;
  const SignSums rest = kPlain.code_signs(y + j, t + j, n - j, bits + j / 8);
  return {sums.size + rest.size, sums.square + rest.square, sums.across + rest.across};
}

}  // namespace

const Kernels kAvx2{"avx2",   block_sums, scan, dot_u7, scores,    hopes,
                    products, dot,        square, turn, code_signs};

}  // namespace typecase

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
