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

}  // namespace typecase
