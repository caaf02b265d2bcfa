// Going through many numbers of which few matter.
#pragma once

#include <cstddef>

namespace typecase {

// Calls visit(i) for each i below n that has(i) holds for. Sixteen that it does not hold for are passed
// over at once, without a jump for each: has must be cheap and free of side effects.
template <typename Has, typename Visit>
inline void visit_where(size_t n, Has has, Visit visit) {
  constexpr size_t kAtOnce = 16;
  size_t i = 0;
  for (; i + kAtOnce <= n; i += kAtOnce) {
    unsigned any = 0;
    for (size_t l = 0; l < kAtOnce; ++l) any |= has(i + l) ? 1u : 0u;
    if (!any) continue;
    for (size_t l = 0; l < kAtOnce; ++l)
      if (has(i + l)) visit(i + l);
  }
  for (; i < n; ++i)
    if (has(i)) visit(i);
}

}  // namespace typecase
