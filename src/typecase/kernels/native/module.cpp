// The module `typecase.kernels._native`. What each entry takes and refuses stands in _native.pyi.
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "dispatch.hpp"

namespace nb = nanobind;

namespace typecase {

void bind_cells(nb::module_& m);
void bind_desk(nb::module_& m);
void bind_sign_codes(nb::module_& m);
void bind_two_grain(nb::module_& m);

namespace {

void dot_u7(Array<uint8_t, 1> q, Array<int8_t, 2> rows, Array<int32_t, 1> less,
            Output<int32_t, 1> out) {
  const size_t n = rows.shape(0), dim = rows.shape(1);
  check(q.shape(0) == dim, "q must have as many elements as rows has columns.");
  check(less.shape(0) == n, "less must have as many elements as there are rows.");
  check(out.shape(0) == n, "out must have as many elements as there are rows.");
  check(dim % 32 == 0 && dim <= 65536, "dim must be a multiple of 32, at most 65536.");
  constexpr int32_t most = 1 << 30;  // so that no difference overflows
  for (size_t i = 0; i < n; ++i)
    check(-most <= less.data()[i] && less.data()[i] <= most, "less must be at most 2^30.");
  for (size_t j = 0; j < dim; ++j) check(q.data()[j] <= 127, "q must be at most 127.");
  nb::gil_scoped_release release;
  kernels().dot_u7(q.data(), rows.data(), less.data(), n, dim, out.data());
}

double dot_f32(Array<float, 1> q, Array<float, 1> x) {
  check(q.shape(0) == x.shape(0), "q and x must have the same length.");
  return kernels().dot(q.data(), x.data(), x.shape(0));
}

double square_f32(Array<float, 1> x) { return kernels().square(x.data(), x.shape(0)); }

std::vector<std::string> simd_names() {
  std::vector<std::string> names;
  for (const Kernels* each : supported_kernels()) names.emplace_back(each->name);
  return names;
}

}  // namespace
}  // namespace typecase

NB_MODULE(_native, m) {
  using namespace typecase;
  m.def("simd", [] { return std::string(kernels().name); });
  m.def("simd_names", &simd_names);
  m.def("use_simd", &use_kernels, nb::arg("name"));
  m.def("dot_u7", &dot_u7, as_is("q"), as_is("rows"),
        as_is("less"), as_is("out"));
  m.def("dot_f32", &dot_f32, as_is("q"), as_is("x"));
  m.def("square_f32", &square_f32, as_is("x"));
  bind_cells(m);
  bind_sign_codes(m);
  bind_two_grain(m);
  bind_desk(m);
}
