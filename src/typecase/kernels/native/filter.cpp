#include "filter.hpp"

#include <algorithm>

#include "blocks.hpp"

namespace typecase {
namespace {

constexpr size_t kAllBlocks = 100;  // so few blocks are all looked at

uint32_t word(const Parts& parts, const uint32_t* bits, size_t w) {
  const size_t left = parts.n_rows - 32 * w;
  return left >= 32 ? bits[w] : bits[w] & ((1u << left) - 1);
}

// Calls visit(place, number) for each row that a mask of the blocks of a cell has.
template <typename Visit>
void visit_cell(const Parts& parts, const uint32_t* mask, size_t cell, Visit visit) {
  for (uint32_t b = parts.start[cell]; b < parts.start[cell + 1]; ++b)
    for (uint32_t rest = mask[b]; rest; rest &= rest - 1) {
      const uint32_t place = kBlockRows * b + static_cast<uint32_t>(__builtin_ctz(rest));
      const uint32_t row = place + parts.shift[cell];
      visit(place, parts.order ? parts.order[row] : row);
    }
}

bool is_set(const uint32_t* bits, uint32_t row) { return bits[row / 32] >> row % 32 & 1u; }

// n bits from the first-th on, n at most 32.
uint32_t some_bits(const uint32_t* bits, size_t first, size_t n) {
  const size_t at = first / 32, by = first % 32;
  uint64_t both = bits[at];
  if (by + n > 32) both |= uint64_t{bits[at + 1]} << 32;
  return static_cast<uint32_t>(both >> by & ((uint64_t{1} << n) - 1));
}

// One word for each block of the cells: which of its rows' bits are set, dead places' never.
void mask_cells(const Parts& p, const uint32_t* bits, uint32_t* mask) {
  for (size_t c = 0; c < p.n_cells; ++c)
    for (uint32_t b = p.start[c]; b < p.start[c + 1]; ++b) {
      const size_t seen = size_t{kBlockRows} * (b - p.start[c]);
      if (seen >= p.count[c]) break;
      const size_t n = std::min<size_t>(kBlockRows, p.count[c] - seen);
      const uint32_t first = static_cast<uint32_t>(kBlockRows) * b + p.shift[c];
      if (!p.order) {
        mask[b] = some_bits(bits, first, n);
        continue;
      }
      for (uint32_t l = 0; l < n; ++l) {
        const uint32_t row = p.order[first + l];
        if (row < p.n_rows && is_set(bits, row)) mask[b] |= 1u << l;
      }
    }
}

// Room for n rows, none there yet.
uint8_t* make_room(Gathered& out, size_t stride, size_t n) {
  out.n_blocks = (n + kBlockRows - 1) / kBlockRows;
  out.memory.resize(out.n_blocks * stride + 64);
  uint8_t* blocks = out.memory.data();
  blocks += (64 - reinterpret_cast<uintptr_t>(blocks) % 64) % 64;
  clear_rows(blocks, stride, out.n_blocks);
  out.blocks = blocks;
  return blocks;
}

// Which cell each place is in.
void name_cells(const Parts& parts, const Filter& filter, const std::vector<uint32_t>& in_tail,
                Gathered& out) {
  out.cell_of.resize(kBlockRows * out.n_blocks);
  std::vector<bool> holds_some(parts.n_cells);
  size_t at = 0;
  auto put = [&](uint32_t cell) {
    out.cell_of[at++] = cell;
    holds_some[cell] = true;
  };
  for (uint32_t c = 0; c < parts.n_cells; ++c)
    for (uint32_t i = 0; i < filter.count[c]; ++i) put(c);
  for (const uint32_t place : in_tail) put(parts.tail_cell[place]);
  for (uint32_t c = 0; c < parts.n_cells; ++c)
    if (holds_some[c]) out.cells.push_back(c);
  for (; at < out.cell_of.size(); ++at) out.cell_of[at] = out.cells[0];  // of no row
}

}  // namespace

size_t Filter::size_bytes() const {
  const size_t words = mask.size() + count.size() + rows.size() + gathered.start.size() +
                       gathered.cells.size() + gathered.cell_of.size() + gathered.numbers.size();
  return 4 * words + gathered.memory.size();
}

Allowed Filter::allowed() const {
  static const uint32_t none = 0;
  if (is_few) return {nullptr, nullptr, n ? rows.data() : &none, n, nullptr};
  return {mask.data(), count.data(), nullptr, n, gathered.blocks ? &gathered : nullptr};
}

Filter make_filter(const Parts& p, const uint32_t* bits, size_t few) {
  Filter out;
  const size_t n_blocks = p.start[p.n_cells], n_words = (p.n_rows + 31) / 32;
  for (size_t w = 0; w < n_words; ++w) out.n += __builtin_popcount(word(p, bits, w));
  if ((out.is_few = out.n <= few)) {
    for (size_t w = 0; w < n_words; ++w)
      for (uint32_t rest = word(p, bits, w); rest; rest &= rest - 1)
        out.rows.push_back(static_cast<uint32_t>(32 * w) + __builtin_ctz(rest));
    return out;
  }
  out.mask.resize(n_blocks + p.n_tail_blocks);
  mask_cells(p, bits, out.mask.data());
  for (size_t b = 0; b < p.n_tail_blocks; ++b) {
    const size_t first = p.n_in_cells + kBlockRows * b;
    if (first < p.n_rows)
      out.mask[n_blocks + b] = some_bits(bits, first, std::min(kBlockRows, p.n_rows - first));
  }
  out.count.resize(p.n_cells);
  for (size_t c = 0; c < p.n_cells; ++c)
    for (uint32_t b = p.start[c]; b < p.start[c + 1]; ++b)
      out.count[c] += __builtin_popcount(out.mask[b]);
  return out;
}

Filter gather(const Parts& p, const Filter& filter) {
  Filter out = filter;
  if (filter.is_few) return out;
  out.gathered = {};  // a copy's blocks would lie in the memory of the first
  std::vector<uint32_t> places, in_tail, to, &numbers = out.gathered.numbers;
  auto add = [&](uint32_t place, uint32_t number) {
    places.push_back(place);
    numbers.push_back(number);
  };
  for (size_t c = 0; c < p.n_cells; ++c) visit_cell(p, filter.mask.data(), c, add);
  const uint32_t* tail_mask = filter.mask.data() + p.start[p.n_cells];
  for (uint32_t place = 0; place < kBlockRows * p.n_tail_blocks; ++place)
    if (is_set(tail_mask, place)) in_tail.push_back(place);
  const size_t n_all = places.size() + in_tail.size();
  const bool all = n_all <= kAllBlocks * kBlockRows;
  for (uint32_t i = 0; i < n_all; ++i) to.push_back(i);
  uint8_t* blocks = make_room(out.gathered, p.stride, all ? n_all : places.size());
  move_rows(p.blocks, blocks, p.stride, p.n_groups, places.data(), to.data(), places.size());
  if (all) {
    for (const uint32_t place : in_tail) numbers.push_back(p.n_in_cells + place);
    move_rows(p.tail, blocks, p.stride, p.n_groups, in_tail.data(), to.data() + places.size(),
              in_tail.size());
    if (n_all) name_cells(p, filter, in_tail, out.gathered);
    return out;
  }
  out.gathered.start.resize(p.n_cells + 1);
  for (size_t c = 0; c < p.n_cells; ++c)
    out.gathered.start[c + 1] = out.gathered.start[c] + filter.count[c];
  return out;
}

}  // namespace typecase
