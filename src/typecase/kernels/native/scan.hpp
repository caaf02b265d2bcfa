// Codes of four bits in blocks of 32 rows, and the passes over them that every instruction set
// writes in its own way.
//
// A block is, in bytes:
//   16 * n_groups   line g holds group g: byte l is row l in its low and row l + 16 in its high bits
//   64              scale of each row, float16
//   64              offset of each row, float16, -inf where the place is empty: no bound is below
// n_groups is a multiple of 8, so that a block is a whole number of cache lines.
#pragma once

#include <cstddef>
#include <cstdint>

namespace typecase {

inline constexpr size_t kBlockRows = 32;
inline constexpr size_t kFactorBytes = 128;  // scales and offsets of a block

// A row whose score may be as high as `bound`.
struct Hit {
  float bound;
  uint32_t row;
};

// The tables of one query: T[g][v] ~ low[g] + step * lut[16 g + v], and bias is the sum of low.
struct Tables {
  const uint8_t* lut;  // 16 * n_groups, each at most 31, aligned to 64 bytes
  size_t n_groups;
  float step;
  float bias;
};

// A run of blocks to look at. `scan` moves `next` on and stops where 32 more hits would not fit.
struct Run {
  const uint8_t* blocks;  // aligned to 64 bytes
  size_t stride;
  size_t next;
  size_t end;
  const uint32_t* mask;    // one word a block, or null: only rows whose bit is set
  const float* row_add;    // 32 a block, or null: added to each row's score
  const float* row_slack;  // 32 a block, or null: added to each row's sum
  float add;               // added to the score of every row
  float slack;             // added to every sum: the error to allow for
  float threshold;         // only what is above it
  uint32_t shift = 0;      // added to a place, 32 times its block and its row in it, for a hit's row
};

// How often a row's score is more than z spreads above its cell's, in cells as far from the query
// as this one; measured when the index is built. How far: 0 is the nearest cell, 1 the average.
struct Survival {
  static constexpr float kFirst = -4.0f;
  static constexpr float kPerUnit = 8.0f;
  static constexpr int kFar = 64;  // steps from 0 to 1
  const int32_t* ring;             // kFar + 1: where the shares for a distance begin
  const float* share;              // n for each ring, the last of them 0
  int n;
};

// What one bit a dimension loses of a row, and what it says of its centre.
struct SignSums {
  float size;    // the sum of |y|
  float square;  // the sum of y y
  float across;  // the sum of t sign(y)
};

// What is known of a query when it asks which cells may hold better rows.
struct Outlook {
  float threshold;
  float best;           // the score of the nearest centre
  float inverse_range;  // 1 / (best - the average score)
  Survival survival;
};

struct Kernels {
  const char* name;
  // The sums of table entries of the 32 rows of one block.
  void (*block_sums)(const uint8_t* block, const Tables& tables, uint16_t* sums);
  // Puts the rows of a run whose bound is above the threshold; returns how many.
  size_t (*scan)(Run& run, const Tables& tables, Hit* hits, size_t capacity);
  // The products of q with n rows of dim bytes each, less so much for each row; dim is a multiple
  // of 32, no byte of q is above 127 and none of a row -128, so that two products fit in 16 bits.
  void (*dot_u7)(const uint8_t* q, const int8_t* rows, const int32_t* less, size_t n, size_t dim,
                 int32_t* out);
  // The scores of n centres, products * units * unit; puts their best and their sum.
  void (*scores)(const int32_t* products, const float* units, float unit, size_t n, float* out,
                 float* best, float* sum);
  // How many rows above the threshold each of n cells lets expect; returns the sum.
  float (*hopes)(const Outlook& outlook, const float* score, const float* inverse_spread,
                 const uint32_t* count, size_t n, float* out);
  // The products of q with n rows of dim floats each, summed in float.
  void (*products)(const float* q, const float* rows, size_t n, size_t dim, float* out);
  // The product, and the squared length of x, summed in double.
  double (*dot)(const float* q, const float* x, size_t dim);
  double (*square)(const float* x, size_t dim);
  // Turns y, (dim), by `n_rounds` rounds of signs, (n_rounds * dim) of +-1; rotations.py says how.
  void (*turn)(float* y, size_t dim, const float* signs, size_t n_rounds);
  // Puts the signs of y, (n), a bit each, set where y >= 0, the rest of the last byte 0.
  SignSums (*code_signs)(const float* y, const float* t, size_t n, uint8_t* bits);
};

// The widest window of a turn: the largest power of two up to dim.
inline size_t turn_width(size_t dim) {
  size_t width = 1;
  while (2 * width <= dim) width *= 2;
  return width;
}

extern const Kernels kPlain;
#if defined(__x86_64__)
extern const Kernels kAvx2;
extern const Kernels kAvx512;
#endif
#if defined(__aarch64__)
extern const Kernels kNeon;
#endif

float half_to_float(uint16_t half);
uint16_t float_to_half(float value);

}  // namespace typecase
