// AVX-512 in plain C++, so that a processor without it can run kernels_avx512.cpp: SIMDe, and what
// Debian 12's version of it (0.7.4) does not have yet.
#pragma once

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#include <simde/x86/f16c.h>

#include <cstring>

namespace emulated {

template <typename To, typename From, typename Element>
To each(const From& from, Element convert) {
  using In = decltype(convert.in);
  using Out = decltype(convert.out);
  In in[sizeof(From) / sizeof(In)];
  Out out[sizeof(To) / sizeof(Out)];
  std::memcpy(in, &from, sizeof in);
  for (size_t i = 0; i < sizeof out / sizeof *out; ++i) out[i] = convert(in[i]);
  To to;
  std::memcpy(&to, out, sizeof out);
  return to;
}

template <typename In, typename Out>
struct Cast {
  In in;
  Out out;
  Out operator()(In value) const { return static_cast<Out>(value); }
};

inline simde__m512i cvtepu16_epi32(simde__m256i x) {
  return each<simde__m512i>(x, Cast<uint16_t, uint32_t>{});
}

inline simde__m512 cvtepi32_ps(simde__m512i x) {
  return each<simde__m512>(x, Cast<int32_t, float>{});
}

inline simde__m512d cvtps_pd(simde__m256 x) {
  return each<simde__m512d>(x, Cast<float, double>{});
}

inline simde__m512 cvtph_ps(simde__m256i x) {
  simde__m128i half[2];
  simde__m256 whole[2];
  std::memcpy(half, &x, sizeof half);
  for (int i = 0; i < 2; ++i) whole[i] = simde_mm256_cvtph_ps(half[i]);
  simde__m512 out;
  std::memcpy(&out, whole, sizeof out);
  return out;
}

}  // namespace emulated

#define _mm512_cvtepu16_epi32(x) emulated::cvtepu16_epi32(x)
#define _mm512_cvtepi32_ps(x) emulated::cvtepi32_ps(x)
#define _mm512_cvtps_pd(x) emulated::cvtps_pd(x)
#define _mm512_cvtph_ps(x) emulated::cvtph_ps(x)
