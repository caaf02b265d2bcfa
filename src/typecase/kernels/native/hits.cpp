#include "hits.hpp"

#include <algorithm>
#include <cmath>

namespace typecase {

void put_first(Hit* begin, Hit* middle, Hit* end) {
  constexpr int kSteps = 256, kMany = 8;
  const auto wanted = static_cast<size_t>(middle - begin);
  if (static_cast<size_t>(end - begin) > kMany * wanted) {
    float low = begin->bound, high = low;
    for (const Hit* hit = begin; hit < end; ++hit) {
      low = std::min(low, hit->bound);
      high = std::max(high, hit->bound);
    }
    const float by = static_cast<float>(kSteps - 1) / (high - low);
    if (by > 0 && std::isfinite(by)) {
      uint32_t count[kSteps] = {};
      auto step = [&](const Hit& hit) { return static_cast<int>((high - hit.bound) * by); };
      for (const Hit* hit = begin; hit < end; ++hit) ++count[step(*hit)];
      int last = 0;
      for (size_t n = count[0]; n < wanted; n += count[last]) ++last;
      end = std::partition(begin, end, [&](const Hit& hit) { return step(hit) <= last; });
    }
  }
  std::nth_element(begin, middle, end, higher_bound);
}

}  // namespace typecase
