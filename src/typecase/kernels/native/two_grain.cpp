#include "filter.hpp"
#include "hits.hpp"
#include "verdict.hpp"
#include "visit.hpp"
#include "whole_tables.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <deque>
#include <limits>
#include <utility>

namespace typecase {
namespace {

constexpr float kNothing = -std::numeric_limits<float>::infinity();
constexpr float kFirstSpreads = 2.5f;   // where the k-th best is guessed to lie, at first
constexpr size_t kFirstVerdicts = 16;   // rows read besides k to guess the k-th best
constexpr size_t kRowsAtOnce = 64;       // rows allowed in them, at least
constexpr size_t kCellsAtOnce = 8;      // cells scanned between two verdicts
constexpr size_t kHitsAtOnce = 1024;
constexpr ptrdiff_t kSortedAtOnce = 64;  // hits put in order between two looks at the threshold
constexpr float kRings[] = {0.25f, 0.5f, 0.8f, 1.2f, std::numeric_limits<float>::infinity()};
constexpr double kMost = 0.75;           // a share of the rows near to the query
constexpr float kLittleHope = 1e-6f;     // a cell's share of all that is expected
constexpr float kSweptFrom = 0.01f;      // a search everywhere goes on cell by cell when this is left
constexpr float kRounding = 0.28867513f;  // the deviation of what rounding takes, in units
constexpr int kZero = 64;               // what stands for 0 in a query of seven bits
constexpr float kMostOfQ = 63.0f;

struct Cell {
  float key;
  uint32_t number;
};

// As a lambda, which sorting calls without a jump.
constexpr auto lower_key = [](const Cell& a, const Cell& b) {
  return a.key < b.key || (a.key == b.key && a.number > b.number);
};

// The cells where better rows may be expected, by place.
struct Likely {
  std::vector<float> score, inverse_spread;
  std::vector<uint32_t> count, cell;

  size_t size = 0;

  void make_room(size_t n) {
    size = 0;
    score.resize(n);
    inverse_spread.resize(n);
    count.resize(n);
    cell.resize(n);
  }
  void add(uint32_t number, float its_score, float its_inverse_spread, uint32_t its_count) {
    score[size] = its_score;
    inverse_spread[size] = its_inverse_spread;
    count[size] = its_count;
    cell[size++] = number;
  }
};

// Memory that a thread uses again for each query; several where queries go together.
struct Scratch {
  TableMemory tables;
  std::vector<uint8_t> q_u7;
  std::vector<int32_t> products;
  std::vector<float> score, hope, cell_add, cell_slack, row_add, row_slack;
  std::vector<uint32_t> words, open;
  std::vector<uint8_t> seen;
  std::vector<Cell> cells;
  Likely likely;
  std::vector<Hit> hits;
};

Scratch& scratch(size_t i = 0) {
  thread_local std::deque<Scratch> own;
  while (own.size() <= i) own.emplace_back();
  return own[i];
}

class Search {
 public:
  Search(const Parts& parts, const Kernels& kernels, const float* q, const float* tables,
         const Allowed& allowed, const Effort& effort, Trace& trace, Scratch& own)
      : parts_(parts), kernels_(kernels), q_(q), allowed_(allowed), effort_(effort),
        trace_(trace), s_(own), tables_of_q_(tables), square_of_q_(kernels.square(q, parts.dim)),
        length_(square_of_q_ > 0 ? std::sqrt(square_of_q_) : 1.0),
        square_(static_cast<float>(square_of_q_ / (length_ * length_))),
        verdict_(parts, kernels, q, length_, trace) {}

  // One of the two comes first; where it leaves cells to sweep, sweep comes for all of them next.
  void best(size_t k) {
    if (k == 0) return;
    k_ = k;
    verdict_.want_best(k);
    run();
  }
  void within(double least) {
    verdict_.want_within(least);
    run();
  }

  // Scans a cell if it was not looked at.
  void sweep(uint32_t cell) {
    if (!sweeps_ || s_.seen[cell] || !n_in(cell)) return;
    scan_cell(cell);
    settle();
  }

  bool sweeps() const { return sweeps_; }

  std::vector<Found> found() { return verdict_.found(); }

 private:
  void run() {
    if (allowed_.rows) {
      s_.hits.resize(std::max(s_.hits.size(), allowed_.n_rows));
      for (size_t i = 0; i < allowed_.n_rows; ++i)
        s_.hits[i] = {-kNothing, allowed_.rows[i]};
      verdict_.decide_all(s_.hits.data(), s_.hits.data() + allowed_.n_rows);
      return;
    }
    tables_ = whole_tables(tables_of_q_, parts_.n_groups, length_, s_.tables);
    if (allowed_.gathered && allowed_.gathered->start.empty()) {
      scan_gathered(*allowed_.gathered);
      settle();
      return;
    }
    score_cells();
    weigh_filter();
    first_round();
    scan_tail();
    settle();
    rest();
  }

  // The query in whole numbers, and what there is to know about their error.
  void round_query() {
    const size_t n = parts_.n_cells, dim = parts_.dim;
    s_.q_u7.assign(parts_.dim_i8, kZero);
    s_.products.resize(n);
    s_.score.resize(n);
    float most = 0;
    for (size_t j = 0; j < dim; ++j) most = std::max(most, std::fabs(q_[j]));
    const float inverse = most > 0 ? kMostOfQ / most : 0.0f;
    for (size_t j = 0; j < dim; ++j)
      s_.q_u7[j] = static_cast<uint8_t>(kZero + std::lrintf(q_[j] * inverse));
    unit_ = static_cast<float>(double{most} / double{kMostOfQ} / length_);
    in_tables_ = tables_.step * tables_.step * static_cast<float>(tables_.n_groups) / 12.0f;
  }

  // Products of the query with the centres of some cells, in whole numbers.
  void multiply(size_t first, size_t n) {
    kernels_.dot_u7(s_.q_u7.data(), parts_.centers + first * parts_.dim_i8, parts_.zeros + first, n,
                    parts_.dim_i8, s_.products.data() + first);
  }

  // The score of every centre.
  void score_cells() {
    const size_t n = parts_.n_cells;
    round_query();
    multiply(0, n);
    float sum;
    kernels_.scores(s_.products.data(), parts_.unit, unit_, n, s_.score.data(), &best_, &sum);
    const float range = best_ - sum / static_cast<float>(std::max<size_t>(1, n));
    inverse_range_ = range > 0 ? 1.0f / range : 0.0f;
  }

  // Whether the filter allows most rows of the nearest cells; then it asks for no more than none does.
  void weigh_filter() {
    if (!allowed_.count) return;
    const float least = inverse_range_ > 0 ? best_ - kRings[0] / inverse_range_ : kNothing;
    const float* score = s_.score.data();
    const uint32_t *count = parts_.count, *allowed = allowed_.count;
    uint32_t all = 0, ours = 0;  // of fewer than 2^32 rows
    for (size_t c = 0; c < parts_.n_cells; ++c) {
      const uint32_t near = score[c] >= least ? 0xffffffffu : 0u;
      all += near & count[c];
      ours += near & allowed[c];
    }
    if (kMost * static_cast<double>(all) > static_cast<double>(ours)) return;
    effort_.error = effort_.near_error;
    effort_.missing = effort_.near_missing;
    trace_.went_along = true;
  }

  // What to allow for in the sums of a cell's rows: the code's error, and that of the tables' steps.
  float slack(size_t c) const {
    const float away = std::max(0.0f, square_ - 2 * s_.score[c] + parts_.square[c]);
    return effort_.error * std::sqrt(parts_.noise * parts_.noise * away + in_tables_);
  }

  // The score of a cell's centre, and what to allow for its rounding to whole numbers.
  float add(size_t c) const {
    const float rounded = parts_.unit[c] + unit_ * parts_.length[c];
    return s_.score[c] + effort_.error * kRounding * rounded;
  }

  uint32_t n_in(size_t cell) const {
    return allowed_.count ? allowed_.count[cell] : parts_.count[cell];
  }

  // The nearest cells, until enough rows were seen to know about where the k-th best lies. Cells
  // come in rings around the query, so that those far away are never put in order.
  void first_round() {
    s_.seen.assign(parts_.n_cells, 0);
    const size_t enough = std::max<size_t>(effort_.first, k_);
    size_t n_seen = 0;
    list_open();
    for (const float far : kRings) {
      take_ring(far);
      while (!s_.cells.empty()) {
        if (n_seen >= enough && (verdict_.k_known() || n_hits_ >= k_)) {
          settle();
          if (verdict_.k_known()) return;
        }
        const uint32_t cell = take_first();
        n_seen += n_in(cell);
        scan_cell(cell);
      }
    }
    settle();
  }

  // The cells that have rows, where a filter leaves some without: often few.
  void list_open() {
    s_.open.clear();
    if (!allowed_.count) return;
    const uint32_t* count = allowed_.count;
    visit_where(parts_.n_cells, [count](size_t c) { return count[c] != 0; },
                [&](size_t c) { s_.open.push_back(static_cast<uint32_t>(c)); });
  }

  // Makes a heap of the cells not seen yet that are no farther than this, 0 the nearest and 1 the
  // average: few are taken out of it.
  void take_ring(float far) {
    const float least = inverse_range_ > 0 ? best_ - far / inverse_range_ : kNothing;
    s_.cells.clear();
    const float* score = s_.score.data();
    auto is_near = [score, least](size_t c) { return !(score[c] < least); };
    auto take = [&](size_t c) {
      if (s_.seen[c] || !parts_.count[c]) return;
      const float key = score[c] + kFirstSpreads / parts_.inverse_spread[c];
      s_.cells.push_back({std::isnan(key) ? kNothing : key, static_cast<uint32_t>(c)});
    };
    if (allowed_.count) {
      for (const uint32_t c : s_.open)
        if (is_near(c)) take(c);
    } else {
      visit_where(parts_.n_cells, is_near, take);
    }
    std::make_heap(s_.cells.begin(), s_.cells.end(), lower_key);
  }

  // Takes the cell of the highest key out of the heap.
  uint32_t take_first() {
    std::pop_heap(s_.cells.begin(), s_.cells.end(), lower_key);
    const uint32_t number = s_.cells.back().number;
    s_.cells.pop_back();
    return number;
  }

  void scan_cell(uint32_t c) {
    s_.seen[c] = 1;
    ++trace_.cells;
    if (allowed_.gathered) return scan_gathered_cell(*allowed_.gathered, c);
    Run run{parts_.blocks, parts_.stride, parts_.start[c], parts_.start[c + 1], allowed_.mask,
            nullptr,       nullptr,       add(c),          slack(c),            0,
            parts_.shift[c]};
    scan(run, parts_.order, parts_.n_in_cells);
  }

  // Rows of a cell that were gathered: the first and the last block may hold those of others.
  void scan_gathered_cell(const Gathered& rows, uint32_t c) {
    const uint32_t first = rows.start[c], end = rows.start[c + 1];
    if (first == end) return;
    const size_t block = first / kBlockRows, n = (end - 1) / kBlockRows - block + 1;
    s_.words.assign(n, 0xffffffffu);
    s_.words[0] &= 0xffffffffu << first % kBlockRows;
    s_.words[n - 1] &= 0xffffffffu >> (kBlockRows - 1 - (end - 1) % kBlockRows);
    Run run{rows.blocks + block * parts_.stride, parts_.stride, 0, n, s_.words.data(),
            nullptr, nullptr, add(c), slack(c), 0, static_cast<uint32_t>(block * kBlockRows)};
    scan(run, rows.numbers.data(), rows.numbers.size());
  }

  // All rows that were gathered, whichever cell they are in.
  void scan_gathered(const Gathered& rows) {
    if (rows.cells.empty()) return;
    round_query();
    for (size_t i = 0, end; i < rows.cells.size(); i = end) {  // cells in a row at once
      for (end = i + 1; end < rows.cells.size() && rows.cells[end] == rows.cells[end - 1] + 1;) ++end;
      multiply(rows.cells[i], end - i);
    }
    s_.cell_add.resize(parts_.n_cells);
    s_.cell_slack.resize(parts_.n_cells);
    for (const uint32_t c : rows.cells) {
      s_.score[c] = static_cast<float>(s_.products[c]) * (unit_ * parts_.unit[c]);
      s_.cell_add[c] = add(c);
      s_.cell_slack[c] = slack(c);
    }
    trace_.cells += static_cast<uint32_t>(rows.cells.size());
    Run run = mixed(rows.blocks, rows.n_blocks, rows.cell_of.data(),
                    [&](uint32_t c) { return s_.cell_add[c]; },
                    [&](uint32_t c) { return s_.cell_slack[c]; });
    scan(run, rows.numbers.data(), rows.numbers.size());
  }

  // Blocks whose rows are in any cells.
  template <typename Add, typename Slack>
  Run mixed(const uint8_t* blocks, size_t n_blocks, const uint32_t* cell_of, Add add_of,
            Slack slack_of) {
    const size_t n = n_blocks * kBlockRows;
    s_.row_add.resize(n);
    s_.row_slack.resize(n);
    for (size_t i = 0; i < n; ++i) {
      s_.row_add[i] = add_of(cell_of[i]);
      s_.row_slack[i] = slack_of(cell_of[i]);
    }
    return {blocks, parts_.stride, 0, n_blocks, nullptr, s_.row_add.data(), s_.row_slack.data(),
            0,      0,             0};
  }

  // Puts what is above the threshold among the hits, and settles when there are many. The kernel
  // tells places, which are the rows' numbers unless these are listed.
  void scan(Run& run, const uint32_t* numbers, size_t n_numbers) {
    trace_.blocks += static_cast<uint32_t>(run.end - run.next);
    while (run.next < run.end) {
      if (s_.hits.size() < n_hits_ + kHitsAtOnce) s_.hits.resize(n_hits_ + 4 * kHitsAtOnce);
      run.threshold = verdict_.threshold();
      Hit* const hits = s_.hits.data() + n_hits_;
      size_t n = kernels_.scan(run, tables_, hits, kHitsAtOnce);
      if (numbers) n = name_rows(hits, n, numbers, n_numbers);
      n_hits_ += n;
      if (n_hits_ >= std::max(kHitsAtOnce, k_)) settle();
    }
  }

  // Puts numbers in the place of places; returns how many hits are left: a damaged place has none.
  static size_t name_rows(Hit* hits, size_t n, const uint32_t* numbers, size_t n_numbers) {
    size_t kept = 0;
    for (size_t i = 0; i < n; ++i)
      if (hits[i].row < n_numbers) hits[kept++] = {hits[i].bound, numbers[hits[i].row]};
    return kept;
  }

  void scan_tail() {
    if (!parts_.n_tail_blocks) return;
    Run run = mixed(parts_.tail, parts_.n_tail_blocks, parts_.tail_cell,
                    [&](uint32_t c) { return add(c); }, [&](uint32_t c) { return slack(c); });
    if (allowed_.mask) run.mask = allowed_.mask + parts_.start[parts_.n_cells];
    run.shift = parts_.n_in_cells;
    scan(run, nullptr, 0);
  }

  // Give hits their exact scores, highest bound first, while a bound is above the k-th best.
  void settle() {
    ++trace_.rounds;
    Hit *const begin = s_.hits.data(), *end = begin + std::exchange(n_hits_, 0), *at = begin;
    if (!verdict_.k_known()) {  // first a k-th best, so that most need not be put in order
      at += std::min(static_cast<size_t>(end - begin), kFirstVerdicts + k_);
      if (at < end) put_first(begin, at, end);
      verdict_.decide_all(begin, at);
      const float threshold = verdict_.threshold();
      end = std::remove_if(at, end, [&](const Hit& hit) { return hit.bound <= threshold; });
    }
    while (at < end) {  // those that are needed are few: they alone are put in order
      const bool is_last = end - at <= kSortedAtOnce;
      Hit* const until = is_last ? end : at + kSortedAtOnce;
      if (!is_last) std::nth_element(at, until, end, higher_bound);
      std::sort(at, until, higher_bound);
      verdict_.decide_all(at, until);
      const float threshold = verdict_.threshold();
      at = until;
      end = std::remove_if(at, end, [&](const Hit& hit) { return hit.bound <= threshold; });
    }
  }

  // The other cells, likeliest first, until hardly any better row can be expected in what is left,
  // as a share of all that is expected; a search everywhere sweeps what is left.
  void rest() {
    const uint32_t* count = allowed_.count ? allowed_.count : parts_.count;
    sweeps_ = !(effort_.missing > 0);
    const float enough = sweeps_ ? kSweptFrom : effort_.missing;
    s_.hope.resize(parts_.n_cells);
    float known = verdict_.threshold();
    float total = hopes(s_.score.data(), parts_.inverse_spread, count, parts_.n_cells);
    keep_likely(count, kLittleHope * total);
    const Likely& likely = s_.likely;
    auto left = [&] {
      if (known != verdict_.threshold())
        total = hopes(likely.score.data(), likely.inverse_spread.data(), likely.count.data(),
                      likely.size);
      known = verdict_.threshold();
      float remaining = 0;
      for (const Cell& cell : s_.cells) remaining += s_.hope[cell.number];
      return total > 0 ? remaining / total : 0.0f;
    };
    while (!s_.cells.empty() && left() > enough) {
      size_t n_rows = 0;
      for (size_t n = 0; !s_.cells.empty() && (n < kCellsAtOnce || n_rows < kRowsAtOnce); ++n) {
        const uint32_t place = take_first();
        n_rows += likely.count[place];
        scan_cell(likely.cell[place]);
      }
      settle();
    }
    trace_.missing = sweeps_ ? 0 : left();
  }

  // Puts how many rows above the threshold each cell lets expect into s_.hope; returns the sum.
  float hopes(const float* score, const float* inverse_spread, const uint32_t* count, size_t n) {
    const Outlook outlook{verdict_.threshold(), best_, inverse_range_, parts_.survival};
    return kernels_.hopes(outlook, score, inverse_spread, count, n, s_.hope.data());
  }

  // From here on only cells with some hope count. Those not seen yet become a heap of places.
  void keep_likely(const uint32_t* count, float little) {
    Likely& likely = s_.likely;
    likely.make_room(parts_.n_cells);
    s_.cells.clear();
    float* all = s_.hope.data();  // places are never ahead of the cells
    visit_where(parts_.n_cells, [all, little](size_t c) { return all[c] > little; }, [&](size_t c) {
      if (!count[c]) return;
      const float hope = all[c];
      const size_t place = likely.size;
      if (!s_.seen[c])
        s_.cells.push_back({hope / static_cast<float>(count[c]), static_cast<uint32_t>(place)});
      likely.add(static_cast<uint32_t>(c), s_.score[c], parts_.inverse_spread[c], count[c]);
      all[place] = hope;
    });
    std::make_heap(s_.cells.begin(), s_.cells.end(), lower_key);
  }

  const Parts& parts_;
  const Kernels& kernels_;
  const float* q_;
  const Allowed& allowed_;
  Effort effort_;
  Trace& trace_;
  Scratch& s_;
  const float* tables_of_q_;
  double square_of_q_;
  double length_;  // of the query, or 1
  float square_;   // of the query over its length: 1, or 0
  Verdict verdict_;
  Tables tables_{};
  size_t k_ = 0, n_hits_ = 0;
  float unit_ = 0;       // of the query's whole numbers
  float in_tables_ = 0;  // the variance that the tables' steps bring into a sum
  float best_ = 0, inverse_range_ = 0;
  bool sweeps_ = false;  // every cell that was not looked at
};

// Searches that sweep go through the cells together, so that codes come from memory once for all.
void sweep_all(Search* searches, size_t n, size_t n_cells) {
  Search* const end = searches + n;
  if (std::none_of(searches, end, [](const Search& search) { return search.sweeps(); })) return;
  for (uint32_t cell = 0; cell < n_cells; ++cell)
    for (Search* search = searches; search < end; ++search) search->sweep(cell);
}

}  // namespace

int64_t id_of(const Parts& parts, uint32_t row) {
  if (row < parts.n_narrow) return parts.narrow_ids[row];
  if (parts.ids.empty()) return row;
  const IdRun* run = std::upper_bound(parts.ids.data(), parts.ids.data() + parts.ids.size(), row,
                                      [](uint64_t n, const IdRun& r) { return n < r.first; }) - 1;
  return run->ids[row - run->first];
}

std::vector<Found> search(const Parts& parts, const Kernels& kernels, const float* q,
                          const float* tables, size_t k, const Allowed& allowed,
                          const Effort& effort, Trace& trace) {
  Search search(parts, kernels, q, tables, allowed, effort, trace, scratch());
  search.best(k);
  sweep_all(&search, 1, parts.n_cells);
  return search.found();
}

std::vector<std::vector<Found>> search_together(const Parts& parts, const Kernels& kernels,
                                                const float* q, const float* tables, size_t n,
                                                size_t k, const Allowed& allowed,
                                                const Effort& effort, Trace* traces) {
  std::vector<Search> searches;
  searches.reserve(n);
  for (size_t i = 0; i < n; ++i) {
    searches.emplace_back(parts, kernels, q + i * parts.dim, tables + i * parts.n_groups * 16,
                          allowed, effort, traces[i], scratch(i));
    searches.back().best(k);
  }
  sweep_all(searches.data(), n, parts.n_cells);
  std::vector<std::vector<Found>> found;
  for (Search& search : searches) found.push_back(search.found());
  return found;
}

std::vector<Found> search_range(const Parts& parts, const Kernels& kernels, const float* q,
                                const float* tables, double least, const Allowed& allowed,
                                const Effort& effort, Trace& trace) {
  Search search(parts, kernels, q, tables, allowed, effort, trace, scratch());
  search.within(least);
  sweep_all(&search, 1, parts.n_cells);
  return search.found();
}

}  // namespace typecase
