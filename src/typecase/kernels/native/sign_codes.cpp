#include "sign_codes.hpp"

#include <cmath>

namespace typecase {
namespace {

struct Residual {
  float square;  // |r|^2
  float along;   // <c, r>
};

Residual subtract(const float* x, const float* c, size_t dim, float* r) {
  float square[8] = {}, along[8] = {};
  size_t j = 0;
  for (; j + 8 <= dim; j += 8)
    for (size_t l = 0; l < 8; ++l) {
      const float d = x[j + l] - c[j + l];
      r[j + l] = d;
      square[l] += d * d;
      along[l] += c[j + l] * d;
    }
  for (; j < dim; ++j) {
    r[j] = x[j] - c[j];
    square[0] += r[j] * r[j];
    along[0] += c[j] * r[j];
  }
  Residual sums{0, 0};
  for (size_t l = 0; l < 8; ++l) {
    sums.square += square[l];
    sums.along += along[l];
  }
  return sums;
}

}  // namespace

void sign_codes(const Kernels& kernels, const SignCoder& coder, const float* x,
                const int64_t* cells, const float* y, size_t n, float* work,
                const SignCodes& out) {
  const size_t n_bytes = (coder.n_axes + 7) / 8;
  for (size_t i = 0; i < n; ++i) {
    const auto cell = static_cast<size_t>(cells[i]);
    const Residual r =
        subtract(x + i * coder.dim, coder.centers + cell * coder.dim, coder.dim, work);
    if (!y) kernels.turn(work, coder.dim, coder.signs, coder.n_rounds);
    const SignSums sums =
        kernels.code_signs(y ? y + i * coder.n_axes : work, coder.turned + cell * coder.n_axes,
                           coder.n_axes, out.bits + i * n_bytes);
    const float lengths = std::sqrt(r.square) * std::sqrt(sums.square);
    out.scale[i] = sums.size > 0 ? lengths / sums.size : 0.0f;
    out.offset[i] = r.along - out.scale[i] * sums.across;
    out.square[i] = r.square;
  }
}

}  // namespace typecase
