// One search of the two-grain index: cells and codes in memory find who may be among the k best,
// the vectors decide. docs/decisions/0009-two-grain-index.md says why it goes as it goes.
#pragma once

#include <atomic>
#include <vector>

#include "scan.hpp"

namespace typecase {

struct Piece {
  const float* x;
  uint64_t first;   // number of its first row
  bool is_mapped;  // from a file, so that a row may have to come from the disk
};

// Ids of consecutive rows.
struct IdRun {
  const int64_t* ids;
  uint64_t first;  // number of its first row
};

// Whether rows have to be waited for, learned from how long they took; shared by threads.
class Disk {
 public:
  bool is_cold() const { return left_.load(std::memory_order_relaxed) > 0; }
  void took(double seconds, size_t n_rows);

 private:
  std::atomic<int> left_{32};  // batches to be careful with; a file just opened may be cold
};

// What an index is made of; nothing here is owned, nothing changes.
struct Parts {
  size_t dim;
  size_t n_groups;
  size_t stride;
  // cells
  size_t n_cells;
  size_t dim_i8;            // dim, padded with zeros to a multiple of 32
  const int8_t* centers;    // n_cells * dim_i8
  const int32_t* zeros;     // 64 times the sum of each row of centers
  const float* unit;        // centers[c] * unit[c] is the centre
  const float* square;      // |c|^2
  const float* length;      // |c|
  const float* inverse_spread;  // 1 / spread of the scores of a cell's rows around the centre's
  const uint32_t* start;    // n_cells + 1, in blocks
  const uint32_t* count;    // rows of each cell, dead ones too: they fill its first places
  const uint32_t* shift;    // a place plus that of its cell is the place in the order of the cells
  uint32_t n_in_cells;      // rows of all cells
  const uint32_t* order;    // their numbers in the order of the cells; null where that is theirs
  const uint8_t* blocks;
  // rows that came since, in the order in which they came: their numbers are the next
  size_t n_tail_blocks;
  const uint8_t* tail;
  const uint32_t* tail_cell;  // 32 a block
  // vectors
  std::vector<Piece> pieces;
  const uint32_t* narrow_ids;  // of the first rows, where their ids fit
  uint64_t n_narrow;
  std::vector<IdRun> ids;  // of the other rows, or none at all: then a row's number is its id
  uint64_t n_rows;
  bool cosine;  // divide by the length of each row
  float longest;  // at least the length of every row, unless cosine
  float unit_length;  // centres and codes are of rows divided by this
  float noise;  // of the codec
  Survival survival;
  Disk* disk = nullptr;
};

struct Gathered;

// Which rows may be returned, in the order of the codes; see filter.hpp.
struct Allowed {
  const uint32_t* mask;   // one word a block, then those of the tail; null when all may
  const uint32_t* count;  // rows allowed in each cell
  const uint32_t* rows;   // their numbers where they are few, else null
  size_t n_rows;
  const Gathered* gathered;  // their codes, or null
};

struct Effort {
  float error;     // how many standard deviations of the code's error to allow for
  float missing;   // stop when this share of the better rows is still expected; 0: never
  uint32_t first;  // rows to look at before the first verdict
  // The two where a filter goes with the query: it allows most rows of the cells near to it, so that
  // the search is one without a filter. As the others where nobody says more.
  float near_error = error, near_missing = missing;
};

struct Trace {
  uint32_t cells = 0, blocks = 0, rescored = 0, rounds = 0;
  bool went_along = false;  // the filter, with the query
  float missing = 0;  // better rows still expected when it stopped
};

struct Found {
  double score;
  uint32_t row;
};

int64_t id_of(const Parts& parts, uint32_t row);

// The best k rows, best first, ties to the lower id; fewer where fewer are allowed. Tables are linear
// in the query, so that its length changes nothing but the scores.
std::vector<Found> search(const Parts& parts, const Kernels& kernels, const float* q,
                          const float* tables, size_t k, const Allowed& allowed,
                          const Effort& effort, Trace& trace);

// The same of n queries, one row of q and of tables each. Those that look everywhere (effort.missing is
// 0) go through the cells together: their codes are read from memory once. Memory grows with n.
std::vector<std::vector<Found>> search_together(const Parts& parts, const Kernels& kernels,
                                                const float* q, const float* tables, size_t n,
                                                size_t k, const Allowed& allowed,
                                                const Effort& effort, Trace* traces);

// Every row whose score is at least `least` (a few may be missed, as `effort` says).
std::vector<Found> search_range(const Parts& parts, const Kernels& kernels, const float* q,
                                const float* tables, double least, const Allowed& allowed,
                                const Effort& effort, Trace& trace);

}  // namespace typecase
