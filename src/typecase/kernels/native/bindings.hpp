// What every binding takes arrays as, and refuses what does not fit by.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <stdexcept>

namespace typecase {

template <typename T, int N>
using Array = nanobind::ndarray<const T, nanobind::ndim<N>, nanobind::c_contig,
                                nanobind::device::cpu>;
template <typename T, int N>
using Output = nanobind::ndarray<T, nanobind::ndim<N>, nanobind::c_contig, nanobind::device::cpu>;

inline void check(bool right, const char* rule) {
  if (!right) throw std::invalid_argument(rule);
}

// An array that is never copied to fit: what is written to a copy would be lost.
inline auto as_is(const char* name) { return nanobind::arg(name).noconvert(); }

}  // namespace typecase
