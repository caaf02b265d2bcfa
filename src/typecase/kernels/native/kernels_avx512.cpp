// AVX-512 as Ice Lake and Zen 4 have it: 64 look-ups in one shuffle, 16 rows in one register.
#if defined(__x86_64__)
#if defined(TYPECASE_SIMDE)
#include "emulated_avx512.hpp"  // of tests/native
#else
#if defined(__clang__)
#pragma clang attribute push( \
    __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni"))), \
    apply_to = function)
#else
#pragma GCC target("avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")
#endif
#include <immintrin.h>
#endif

#include "scan.hpp"

namespace typecase {
namespace {

// Sums of 16 rows while they are made: even and odd rows apart, four groups side by side.
struct Sums {
  __m512i even, odd;

  void take(__m512i bytes) {
    even = _mm512_add_epi16(even, _mm512_and_si512(bytes, _mm512_set1_epi16(255)));
    odd = _mm512_add_epi16(odd, _mm512_srli_epi16(bytes, 8));
  }

  static __m128i added(__m512i x) {
    const __m256i half =
        _mm256_add_epi16(_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64(x, 1));
    return _mm_add_epi16(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
  }

  __m256i in_order() const {
    const __m128i e = added(even), o = added(odd);
    return _mm256_set_m128i(_mm_unpackhi_epi16(e, o), _mm_unpacklo_epi16(e, o));
  }
};

inline void look_up(const uint8_t* block, const Tables& tables, __m256i& first, __m256i& second) {
  const __m512i low = _mm512_set1_epi8(15);
  Sums a{_mm512_setzero_si512(), _mm512_setzero_si512()}, b = a;
  const size_t n_bytes = 16 * tables.n_groups;
  for (size_t at = 0; at < n_bytes;) {
    __m512i x = _mm512_setzero_si512(), y = x;
    const size_t end = at + 512 < n_bytes ? at + 512 : n_bytes;
    for (; at < end; at += 64) {  // at most eight entries of 31 in a byte
      const __m512i codes = _mm512_loadu_si512(block + at);
      const __m512i table = _mm512_loadu_si512(tables.lut + at);
      x = _mm512_add_epi8(x, _mm512_shuffle_epi8(table, _mm512_and_si512(codes, low)));
      const __m512i high = _mm512_and_si512(_mm512_srli_epi16(codes, 4), low);
      y = _mm512_add_epi8(y, _mm512_shuffle_epi8(table, high));
    }
    a.take(x);
    b.take(y);
  }
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
  const __m512 step = _mm512_set1_ps(tables.step);
  const __m512 threshold = _mm512_set1_ps(run.threshold);
  for (; run.next < run.end && n + kBlockRows <= capacity; ++run.next) {
    const uint32_t wanted = run.mask ? run.mask[run.next] : 0xffffffffu;
    if (!wanted) continue;
    const uint8_t* block = run.blocks + run.next * run.stride;
    const uint8_t* factors = block + 16 * tables.n_groups;
    for (size_t i = 0; i < kFactorBytes; i += 64)
      _mm_prefetch(reinterpret_cast<const char*>(factors + i), _MM_HINT_T0);
    alignas(64) float bounds[kBlockRows];
    __m256i sums[2];
    look_up(block, tables, sums[0], sums[1]);
    uint32_t above = 0;
    for (size_t l = 0; l < kBlockRows; l += 16) {
      const __m512 total = _mm512_cvtepi32_ps(_mm512_cvtepu16_epi32(sums[l / 16]));
      const size_t at = run.next * kBlockRows + l;
      const __m512 slack =
          run.row_slack ? _mm512_loadu_ps(run.row_slack + at) : _mm512_set1_ps(run.slack);
      const __m512 add = run.row_add ? _mm512_loadu_ps(run.row_add + at) : _mm512_set1_ps(run.add);
      const __m512 sum =
          _mm512_fmadd_ps(step, total, _mm512_add_ps(_mm512_set1_ps(tables.bias), slack));
      const __m512 scale =
          _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(factors + 2 * l)));
      const __m512 offset = _mm512_cvtph_ps(
          _mm256_loadu_si256(reinterpret_cast<const __m256i*>(factors + 64 + 2 * l)));
      const __m512 bound = _mm512_fmadd_ps(scale, sum, _mm512_add_ps(offset, add));
      _mm512_storeu_ps(bounds + l, bound);
      above |= uint32_t{_mm512_cmp_ps_mask(bound, threshold, _CMP_GT_OQ)} << l;
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

inline int32_t sum_i32(__m256i x) {
  __m128i s = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1)));
}

// One instruction multiplies 32 bytes and adds four products to each sum.
void dot_u7(const uint8_t* q, const int8_t* rows, const int32_t* less, size_t n, size_t dim,
            int32_t* out) {
  for (size_t i = 0; i < n; ++i) {
    const int8_t* row = rows + i * dim;
    __m512i sum = _mm512_setzero_si512();
    size_t j = 0;
    for (; j + 64 <= dim; j += 64)
      sum = _mm512_dpbusd_epi32(sum, _mm512_loadu_si512(q + j), _mm512_loadu_si512(row + j));
    __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(sum), _mm512_extracti64x4_epi64(sum, 1));
    if (j < dim)
      half = _mm256_dpbusd_epi32(half, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(q + j)),
                                 _mm256_loadu_si256(reinterpret_cast<const __m256i*>(row + j)));
    out[i] = sum_i32(half) - less[i];
  }
}

void products(const float* q, const float* rows, size_t n, size_t dim, float* out) {
  for (size_t i = 0; i < n; ++i) {
    const float* row = rows + i * dim;
    __m512 a = _mm512_setzero_ps(), b = a;
    size_t j = 0;
    for (; j + 32 <= dim; j += 32) {
      a = _mm512_fmadd_ps(_mm512_loadu_ps(q + j), _mm512_loadu_ps(row + j), a);
      b = _mm512_fmadd_ps(_mm512_loadu_ps(q + j + 16), _mm512_loadu_ps(row + j + 16), b);
    }
    float sums[16], sum = 0;
    _mm512_storeu_ps(sums, _mm512_add_ps(a, b));
    for (float each : sums) sum += each;
    for (; j < dim; ++j) sum += q[j] * row[j];
    out[i] = sum;
  }
}

inline __m256d both_halves(__m512d x) {
  return _mm256_add_pd(_mm512_castpd512_pd256(x), _mm512_extractf64x4_pd(x, 1));
}

// Sixteen sums, added in the order of kernels_avx2.cpp, so that both give the same bits.
double dot(const float* q, const float* x, size_t dim) {
  __m512d s01 = _mm512_setzero_pd(), s23 = s01;
  size_t j = 0;
  for (; j + 16 <= dim; j += 16) {
    s01 = _mm512_fmadd_pd(_mm512_cvtps_pd(_mm256_loadu_ps(q + j)),
                          _mm512_cvtps_pd(_mm256_loadu_ps(x + j)), s01);
    s23 = _mm512_fmadd_pd(_mm512_cvtps_pd(_mm256_loadu_ps(q + j + 8)),
                          _mm512_cvtps_pd(_mm256_loadu_ps(x + j + 8)), s23);
  }
  const __m256d four = _mm256_add_pd(both_halves(s01), both_halves(s23));
  const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
  double sum = _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
  for (; j < dim; ++j) sum += double{q[j]} * double{x[j]};
  return sum;
}

double square(const float* x, size_t dim) { return dot(x, x, dim); }

}  // namespace

const Kernels kAvx512{
    .name = "avx512",
    .block_sums = block_sums,
    .scan = scan,
    .dot_u7 = dot_u7,
    .products = products,
    .dot = dot,
    .square = square,
};

}  // namespace typecase

#if defined(__clang__) && !defined(TYPECASE_SIMDE)
#pragma clang attribute pop
#endif
#endif
