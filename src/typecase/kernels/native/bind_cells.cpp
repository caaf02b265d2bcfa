// What Python sees of rows' cells and lengths. Every size is checked here.

#include <algorithm>
#include <numeric>
#include <vector>

#include "bindings.hpp"
#include "cells.hpp"
#include "dispatch.hpp"

namespace nb = nanobind;

namespace typecase {
namespace {

// Vectors, and what a row's numbers, 64 standing for 0, have too much in products with them.
struct Whole {
  WholeVectors vectors;
  std::vector<int32_t> zeros;

  Whole(const Array<int8_t, 2>& x, const Array<float, 1>& unit, const Array<float, 1>& half,
        size_t dim_i8)
      : zeros(x.shape(0)) {
    check(x.shape(1) == dim_i8, "whole numbers must be of one padded dim.");
    check(unit.shape(0) == x.shape(0) && half.shape(0) == x.shape(0), "one value a vector.");
    for (size_t i = 0; i < zeros.size(); ++i)
      zeros[i] = 64 * std::accumulate(x.data() + i * dim_i8, x.data() + (i + 1) * dim_i8, 0);
    vectors = {x.data(), unit.data(), half.data(), zeros.data()};
  }
};

void nearest(Array<float, 2> x, Array<int8_t, 2> heads, Array<float, 1> head_unit,
             Array<float, 1> head_half, Array<int8_t, 2> members, Array<float, 1> unit,
             Array<float, 1> half, Array<float, 2> centers, Array<uint32_t, 1> start,
             size_t n_near, Output<int64_t, 1> out) {
  const size_t n = x.shape(0), dim = x.shape(1), dim_i8 = members.shape(1);
  const size_t n_groups = heads.shape(0);
  check(dim_i8 % 32 == 0 && dim_i8 >= dim && dim_i8 <= 131072,
        "whole numbers must be padded to a multiple of 32, at most 131072.");
  check(centers.shape(0) == members.shape(0) && centers.shape(1) == dim, "centers must fit.");
  check(start.shape(0) == n_groups + 1 && start.data()[0] == 0 &&
            start.data()[n_groups] == members.shape(0),
        "start must fit the groups.");
  check(out.shape(0) == n && n_near > 0, "out must fit, n_near be above 0.");
  size_t largest = n_groups;
  for (size_t g = 0; g < n_groups; ++g) {
    check(start.data()[g] <= start.data()[g + 1], "start must ascend.");
    largest = std::max(largest, size_t{start.data()[g + 1] - start.data()[g]});
  }
  const Whole whole_heads(heads, head_unit, head_half, dim_i8);
  const Whole whole_members(members, unit, half, dim_i8);
  const Groups groups{dim,
                      dim_i8,
                      n_groups,
                      whole_heads.vectors,
                      whole_members.vectors,
                      centers.data(),
                      start.data()};
  nb::gil_scoped_release release;
  std::vector<int32_t> work(largest + dim_i8 / 4);
  nearest_members(kernels(), groups, x.data(), n, n_near, work.data(), out.data());
}

void add(Array<float, 2> x, Array<int64_t, 1> cells, Output<double, 2> sums) {
  check(cells.shape(0) == x.shape(0), "one cell a row.");
  check(sums.shape(1) == x.shape(1), "sums must have as many columns as x.");
  for (size_t i = 0; i < cells.shape(0); ++i)
    check(cells.data()[i] >= 0 && static_cast<size_t>(cells.data()[i]) < sums.shape(0),
          "a cell is out of range.");
  nb::gil_scoped_release release;
  add_to_sums(x.data(), cells.data(), x.shape(0), x.shape(1), sums.data());
}

void squares(Array<float, 2> x, Output<double, 1> out) {
  check(out.shape(0) == x.shape(0), "one square a row.");
  nb::gil_scoped_release release;
  for (size_t i = 0; i < x.shape(0); ++i)
    out.data()[i] = kernels().square(x.data() + i * x.shape(1), x.shape(1));
}

}  // namespace

void bind_cells(nb::module_& m) {
  m.def("nearest_members", &nearest, as_is("x"), as_is("heads"), as_is("head_unit"),
        as_is("head_half"), as_is("members"), as_is("unit"), as_is("half"), as_is("centers"),
        as_is("start"), nb::arg("n_near"), as_is("out"));
  m.def("row_squares", &squares, as_is("x"), as_is("out"));
  m.def("add_to_sums", &add, as_is("x"), as_is("cells"), as_is("sums"));
}

}  // namespace typecase
