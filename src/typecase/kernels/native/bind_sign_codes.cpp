// What Python sees of turns and of codes of one bit a dimension. Every size is checked here.

#include <vector>

#include "bindings.hpp"
#include "dispatch.hpp"
#include "sign_codes.hpp"

namespace nb = nanobind;

namespace typecase {
namespace {

void turn(Output<float, 2> x, Array<float, 2> signs) {
  const size_t n = x.shape(0), dim = x.shape(1);
  check(signs.shape(1) == dim && dim > 0, "signs must have as many columns as x.");
  nb::gil_scoped_release release;
  for (size_t i = 0; i < n; ++i)
    kernels().turn(x.data() + i * dim, dim, signs.data(), signs.shape(0));
}

// y: the residuals turned, (n, n_axes); no columns where `signs` turns them.
void codes_of_signs(Array<float, 2> x, Array<float, 2> centers, Array<float, 2> turned,
                    Array<int64_t, 1> cells, Array<float, 2> y, Array<float, 2> signs,
                    Output<uint8_t, 2> bits, Output<float, 1> scale, Output<float, 1> offset,
                    Output<float, 1> square) {
  const size_t n = x.shape(0), dim = x.shape(1), n_axes = turned.shape(1);
  const bool turns = signs.shape(0) > 0;
  check(centers.shape(1) == dim && turned.shape(0) == centers.shape(0), "centers must fit x.");
  check(turns ? signs.shape(1) == dim && n_axes == dim
              : y.shape(0) == n && y.shape(1) == n_axes,
        "signs must be (n_rounds, dim), or y (n, n_axes).");
  check(bits.shape(0) == n && bits.shape(1) == (n_axes + 7) / 8, "bits must fit.");
  check(cells.shape(0) == n && scale.shape(0) == n && offset.shape(0) == n &&
            square.shape(0) == n,
        "one value a row.");
  for (size_t i = 0; i < n; ++i)
    check(cells.data()[i] >= 0 && static_cast<size_t>(cells.data()[i]) < centers.shape(0),
          "a cell is out of range.");
  nb::gil_scoped_release release;
  std::vector<float> work(dim);
  const SignCoder coder{dim,          n_axes,       centers.data(), turned.data(),
                        signs.data(), signs.shape(0)};
  sign_codes(kernels(), coder, x.data(), cells.data(), turns ? nullptr : y.data(), n, work.data(),
             {bits.data(), scale.data(), offset.data(), square.data()});
}

}  // namespace

void bind_sign_codes(nb::module_& m) {
  m.def("turn", &turn, as_is("x"), as_is("signs"));
  m.def("sign_codes", &codes_of_signs, as_is("x"), as_is("centers"), as_is("turned"),
        as_is("cells"), as_is("y"), as_is("signs"), as_is("bits"), as_is("scale"),
        as_is("offset"), as_is("square"));
}

}  // namespace typecase
