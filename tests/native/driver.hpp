// What every case of the driver may use: random input, memory that ends where it ends, a verdict.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <vector>

#include "scan.hpp"

namespace driver {

// Vigna, "splitmix64", public domain.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t bits() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
  }
  size_t below(size_t n) { return static_cast<size_t>(bits() % n); }
  bool once_in(size_t n) { return below(n) == 0; }
  float uniform(float low, float high) {
    return low + (high - low) * static_cast<float>(bits() >> 40) * 0x1p-24f;
  }
  // Mostly tame; now and then what arithmetic finds hard.
  float any() {
    static const float hard[] = {0.0f, -0.0f, 1e-45f, 1e38f, -1e38f, HUGE_VALF, -HUGE_VALF, NAN};
    return once_in(8) ? hard[below(8)] : uniform(-2, 2);
  }

 private:
  uint64_t state_;
};

// Exactly n elements at an address that 64 divides: one more is one too many for a sanitizer.
template <typename T>
class Array {
 public:
  explicit Array(size_t n) : n_(n) {
    const size_t size = n * sizeof(T);
    memory_ = static_cast<T*>(::operator new(size, std::align_val_t{64}));
    std::memset(static_cast<void*>(memory_), 0xa5, size);
  }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
  ~Array() { ::operator delete(memory_, std::align_val_t{64}); }

  T* data() { return memory_; }
  const T* data() const { return memory_; }
  size_t size() const { return n_; }
  T& operator[](size_t i) { return memory_[i]; }
  const T& operator[](size_t i) const { return memory_[i]; }

  template <typename F>
  Array& fill(F make) {
    for (size_t i = 0; i < n_; ++i) memory_[i] = static_cast<T>(make());
    return *this;
  }

 private:
  T* memory_ = nullptr;
  size_t n_;
};

inline const char* now = "";  // what is being compared

inline void expect(bool right, const char* what, double got, double wanted) {
  if (right) return;
  std::fprintf(stderr, "FAILED %s: %s: got %.9g, expected %.9g\n", now, what, got, wanted);
  std::exit(1);
}

// Equal, both not a number, or apart by rounding only.
inline void expect_near(double got, double wanted, double slack, const char* what) {
  const bool same = got == wanted || (std::isnan(got) && std::isnan(wanted));
  expect(same || std::fabs(got - wanted) <= slack, what, got, wanted);
}

}  // namespace driver
