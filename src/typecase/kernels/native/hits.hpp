// The order of hits, and the first of many.
#pragma once

#include "scan.hpp"

namespace typecase {

// As a lambda, which sorting calls without a jump.
inline constexpr auto higher_bound = [](const Hit& a, const Hit& b) {
  return a.bound > b.bound || (a.bound == b.bound && a.row < b.row);
};

// Puts the hits of the highest bounds before `middle`, as nth_element does. Where they are a few of
// many it counts them by equal steps of their bounds first, which takes a third of the time.
void put_first(Hit* begin, Hit* middle, Hit* end);

}  // namespace typecase
