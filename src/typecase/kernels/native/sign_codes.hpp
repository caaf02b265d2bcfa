// Codes of one bit a dimension, made in one pass over a row.
#pragma once

#include "scan.hpp"

namespace typecase {

// Centres of cells, and how residuals are turned: by rounds of signs, or beforehand.
struct SignCoder {
  size_t dim;
  size_t n_axes;
  const float* centers;  // dim a cell
  const float* turned;   // n_axes a cell
  const float* signs;    // n_rounds * dim; n_axes is then dim
  size_t n_rounds;       // 0: residuals come turned
};

// What is made of n rows.
struct SignCodes {
  uint8_t* bits;  // (n_axes + 7) / 8 a row
  float* scale;
  float* offset;
  float* square;  // of the residual's length
};

// y: n * n_axes, the residuals turned, or null where the coder turns them. work: dim numbers.
void sign_codes(const Kernels& kernels, const SignCoder& coder, const float* x,
                const int64_t* cells, const float* y, size_t n, float* work,
                const SignCodes& out);

}  // namespace typecase
