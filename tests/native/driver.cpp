// Compares every pass of every instruction set with the plain one, on random and on hard input.
// Built plainly, with sanitizers, through SIMDe and for ARM by test_native_code.py.
// A new pass needs a function here, and a line in kCases.
#include "driver.hpp"

#include <algorithm>

#include "blocks.hpp"
#include "dispatch.hpp"

using namespace driver;
using namespace typecase;

namespace {

// Blocks as the index makes them, some places empty; where they are hard, with any factors.
void make_blocks(Random& random, size_t n_blocks, size_t n_groups, bool hard,
                 Array<uint8_t>& blocks) {
  const size_t stride = 16 * n_groups + kFactorBytes;
  blocks.fill([&] { return random.bits(); });
  for (size_t b = 0; b < n_blocks; ++b)
    for (size_t l = 0; l < kBlockRows; ++l) {
      uint8_t* end = blocks.data() + (b + 1) * stride;
      const uint16_t factors[2] = {float_to_half(random.uniform(-1, 1)),
                                   float_to_half(random.uniform(-1, 1))};
      const uint16_t nothing = float_to_half(-HUGE_VALF);
      if (hard) continue;  // whatever bits there are
      std::memcpy(end - 128 + 2 * l, &factors[0], 2);
      std::memcpy(end - 64 + 2 * l, random.once_in(5) ? &nothing : &factors[1], 2);
    }
}

void make_lut(Random& random, Array<uint8_t>& lut, size_t n_groups) {
  const size_t most = std::min<size_t>(31, 65535 / n_groups);
  const bool all = random.once_in(4);  // the largest sums that there can be
  lut.fill([&] { return all ? most : random.below(most + 1); });
}

void block_sums(const Kernels& one, Random& random) {
  const size_t n_groups = 8 * (1 + random.below(random.once_in(20) ? 200 : 16));
  Array<uint8_t> block(16 * n_groups + kFactorBytes), lut(16 * n_groups);
  make_blocks(random, 1, n_groups, false, block);
  make_lut(random, lut, n_groups);
  const Tables tables{lut.data(), n_groups, 1, 0};
  Array<uint16_t> got(kBlockRows), wanted(kBlockRows);
  kPlain.block_sums(block.data(), tables, wanted.data());
  one.block_sums(block.data(), tables, got.data());
  for (size_t l = 0; l < kBlockRows; ++l) expect(got[l] == wanted[l], "sum", got[l], wanted[l]);
}

// All hits of a run, however few fit at once.
std::vector<Hit> hits_of(const Kernels& one, Run run, const Tables& tables, size_t capacity) {
  std::vector<Hit> all;
  Array<Hit> some(capacity);
  while (run.next < run.end) {
    const size_t before = run.next, n = one.scan(run, tables, some.data(), capacity);
    expect(n <= capacity, "hits", double(n), double(capacity));
    expect(run.next > before && run.next <= run.end, "next", double(run.next), double(before + 1));
    all.insert(all.end(), some.data(), some.data() + n);
  }
  return all;
}

void scan(const Kernels& one, Random& random) {
  const size_t n_groups = 8 * (1 + random.below(8)), n_blocks = 1 + random.below(6);
  const size_t stride = 16 * n_groups + kFactorBytes, n_rows = 32 * n_blocks;
  Array<uint8_t> blocks(n_blocks * stride), lut(16 * n_groups);
  const bool hard = random.once_in(6);
  make_blocks(random, n_blocks, n_groups, hard, blocks);
  make_lut(random, lut, n_groups);
  Array<uint32_t> mask(n_blocks);
  mask.fill([&] { return random.once_in(3) ? 0 : random.bits(); });
  Array<float> row_add(n_rows), row_slack(n_rows);
  auto value = [&] { return hard ? random.any() : random.uniform(-1, 1); };
  row_add.fill(value);
  row_slack.fill(value);
  const Tables tables{lut.data(), n_groups, hard ? random.any() : random.uniform(0, 0.01f), value()};
  const bool by_row = random.once_in(2);
  const auto shift = static_cast<uint32_t>(random.bits());
  Run run{blocks.data(), stride, random.below(n_blocks), n_blocks,
          random.once_in(2) ? mask.data() : nullptr, by_row ? row_add.data() : nullptr,
          by_row ? row_slack.data() : nullptr, value(), value(), value(), shift};
  const size_t capacity = kBlockRows * (1 + random.below(3));
  const auto got = hits_of(one, run, tables, capacity);
  if (hard) return;  // it must not break; who is above the threshold hangs on one rounding
  Run no_threshold = run;
  no_threshold.threshold = -HUGE_VALF;
  std::vector<float> bound(n_rows, NAN);
  for (const Hit& hit : hits_of(kPlain, no_threshold, tables, capacity))
    bound[hit.row - shift] = hit.bound;
  std::vector<bool> found(n_rows);
  auto slack = [](float x) { return 1e-5 * std::fmax(1.0, std::fabs(x)); };
  for (const Hit& hit : got) {
    const uint32_t place = hit.row - shift;
    expect(place < n_rows && !found[place], "row", place, double(n_rows));
    found[place] = true;
    expect_near(hit.bound, bound[place], slack(hit.bound), "bound");
    expect(hit.bound > run.threshold, "above the threshold", hit.bound, run.threshold);
  }
  for (size_t i = 0; i < n_rows; ++i)
    if (!found[i] && !std::isnan(bound[i]))
      expect(bound[i] <= run.threshold + slack(bound[i]), "missing", bound[i], run.threshold);
}

void dot_u7(const Kernels& one, Random& random) {
  const size_t dim = 32 * random.below(random.once_in(10) ? 200 : 20), n = random.below(9);
  Array<uint8_t> q(dim);
  Array<int8_t> rows(n * dim);
  Array<int32_t> less(n), got(n), wanted(n);
  const bool all = random.once_in(4);  // the largest products that there can be
  q.fill([&] { return all ? 127 : random.below(128); });
  rows.fill([&] { return all ? 127 - 254 * int(random.below(2)) : int(random.below(255)) - 127; });
  less.fill([&] { return int(random.below(1000000)) - 500000; });
  kPlain.dot_u7(q.data(), rows.data(), less.data(), n, dim, wanted.data());
  one.dot_u7(q.data(), rows.data(), less.data(), n, dim, got.data());
  for (size_t i = 0; i < n; ++i) expect(got[i] == wanted[i], "product", got[i], wanted[i]);
}

void scores(const Kernels& one, Random& random) {
  const size_t n = 1 + random.below(50);
  Array<int32_t> products(n);
  Array<float> units(n), got(n), wanted(n);
  products.fill([&] { return static_cast<int32_t>(random.bits()); });
  units.fill([&] { return random.uniform(0, 1e-6f); });
  const float unit = random.uniform(0, 1e-3f);
  float best[2], sum[2];
  kPlain.scores(products.data(), units.data(), unit, n, wanted.data(), &best[0], &sum[0]);
  one.scores(products.data(), units.data(), unit, n, got.data(), &best[1], &sum[1]);
  double size = 0;
  for (size_t i = 0; i < n; ++i) {
    expect(got[i] == wanted[i], "score", got[i], wanted[i]);
    size += std::fabs(wanted[i]);
  }
  expect(best[1] == best[0], "best", best[1], best[0]);
  expect_near(sum[1], sum[0], 1e-5 * size, "sum");
}

void hopes(const Kernels& one, Random& random) {
  const size_t n = random.below(50), n_rings = 1 + random.below(4);
  const int n_shares = 2 + static_cast<int>(random.below(100));
  Array<int32_t> ring(Survival::kFar + 1);
  ring.fill([&] { return n_shares * static_cast<int>(random.below(n_rings)); });
  Array<float> share(n_rings * static_cast<size_t>(n_shares));
  const bool hard = random.once_in(4);
  const float flat = random.uniform(0, 1);  // so that one rounding does not choose another share
  share.fill([&] { return flat; });
  Array<float> score(n), inverse_spread(n), got(n), wanted(n);
  score.fill([&] { return hard ? random.any() : random.uniform(-1, 1); });
  inverse_spread.fill([&] { return hard ? random.any() : random.uniform(0, 30); });
  Array<uint32_t> count(n);
  count.fill([&] { return random.below(100000); });
  const Outlook outlook{hard ? random.any() : random.uniform(-1, 1), hard ? random.any() : 1.0f,
                        hard ? random.any() : random.uniform(0, 2),
                        {ring.data(), share.data(), n_shares}};
  const float wanted_sum = kPlain.hopes(outlook, score.data(), inverse_spread.data(), count.data(),
                                        n, wanted.data());
  const float sum =
      one.hopes(outlook, score.data(), inverse_spread.data(), count.data(), n, got.data());
  for (size_t i = 0; i < n; ++i) expect(got[i] == wanted[i], "hope", got[i], wanted[i]);
  expect_near(sum, wanted_sum, 1e-5 * wanted_sum, "sum");
}

void products(const Kernels& one, Random& random) {
  const size_t dim = random.below(100), n = random.below(9);
  const bool hard = random.once_in(4);
  Array<float> q(dim), rows(n * dim), got(n), wanted(n);
  auto value = [&] { return hard ? random.any() : random.uniform(-1, 1); };
  q.fill(value);
  rows.fill(value);
  kPlain.products(q.data(), rows.data(), n, dim, wanted.data());
  one.products(q.data(), rows.data(), n, dim, got.data());
  for (size_t i = 0; i < n; ++i)
    if (!hard) expect_near(got[i], wanted[i], 1e-6 * static_cast<double>(dim + 1), "product");
}

void dot(const Kernels& one, Random& random) {
  const size_t dim = random.below(random.once_in(10) ? 5000 : 100);
  const bool hard = random.once_in(4);
  Array<float> q(dim), x(dim);
  auto value = [&] { return hard ? random.any() : random.uniform(-1, 1); };
  q.fill(value);
  x.fill(value);
  const double slack = 1e-15 * static_cast<double>(dim + 1);
  double size = 0;
  for (size_t i = 0; i < dim; ++i) size += std::fabs(double{q[i]} * double{x[i]});
  auto near = [&](double got, double wanted, const char* what) {
    const bool lost = std::isnan(size) || std::isinf(size);  // then no number is right
    expect_near(got, lost ? got : wanted, slack * size, what);
  };
  near(one.dot(q.data(), x.data(), dim), kPlain.dot(q.data(), x.data(), dim), "product");
  size = kPlain.square(x.data(), dim);
  near(one.square(x.data(), dim), size, "square");
}

void turn(const Kernels& one, Random& random) {
  const size_t dim = 1 + random.below(random.once_in(3) ? 600 : 100), n_rounds = random.below(5);
  const bool hard = random.once_in(4);
  Array<float> signs(n_rounds * dim), got(dim), wanted(dim);
  signs.fill([&] { return random.once_in(2) ? 1.0f : -1.0f; });
  for (size_t j = 0; j < dim; ++j) got[j] = wanted[j] = hard ? random.any() : random.uniform(-1, 1);
  kPlain.turn(wanted.data(), dim, signs.data(), n_rounds);
  one.turn(got.data(), dim, signs.data(), n_rounds);
  for (size_t j = 0; j < dim; ++j) expect_near(got[j], wanted[j], 0, "turned");
}

void code_signs(const Kernels& one, Random& random) {
  const size_t n = random.below(random.once_in(10) ? 800 : 100);
  const bool hard = random.once_in(4);
  Array<float> y(n), t(n);
  auto value = [&] { return hard ? random.any() : random.uniform(-1, 1); };
  y.fill(value);
  t.fill(value);
  Array<uint8_t> got((n + 7) / 8), wanted((n + 7) / 8);
  const SignSums a = one.code_signs(y.data(), t.data(), n, got.data());
  const SignSums b = kPlain.code_signs(y.data(), t.data(), n, wanted.data());
  for (size_t i = 0; i < got.size(); ++i) expect(got[i] == wanted[i], "signs", got[i], wanted[i]);
  if (hard) return;
  const double slack = 1e-6 * static_cast<double>(n + 1);
  expect_near(a.size, b.size, slack, "size");
  expect_near(a.square, b.square, slack, "square");
  expect_near(a.across, b.across, slack, "across");
}

void halves(const Kernels&, Random& random) {
  const auto half = static_cast<uint16_t>(random.bits());
  const float value = half_to_float(half);
  if (std::isnan(value)) return expect(std::isnan(half_to_float(float_to_half(value))), "nan", 0, 0);
  expect(float_to_half(value) == half, "half", float_to_half(value), half);
  const float between = random.uniform(-70000, 70000) * (random.once_in(2) ? 1 : 1e-6f);
  const float low = half_to_float(float_to_half(between));
  const double step = std::fmax(std::fabs(between) * 0x1p-11, 0x1p-25);
  if (std::fabs(between) < 65504) expect_near(low, between, step, "nearest half");
}

// What was put is there, wherever it was moved to, and no search finds what was not.
void blocks(const Kernels&, Random& random) {
  const size_t n_groups = 8 * (1 + random.below(8)), n_blocks = 1 + random.below(4);
  const size_t stride = 16 * n_groups + kFactorBytes, n_places = 32 * n_blocks;
  const size_t n = random.below(n_places + 1), n_code_bytes = n_groups / 2;
  Array<uint8_t> first(n_blocks * stride), second(n_blocks * stride), codes(n * n_code_bytes);
  clear_rows(first.data(), stride, n_blocks);
  clear_rows(second.data(), stride, n_blocks);
  codes.fill([&] { return random.bits(); });
  Array<float> scale(n), offset(n);
  scale.fill([&] { return random.any(); });
  offset.fill([&] { return random.any(); });
  Array<uint32_t> from(n_places), to(n_places);
  for (Array<uint32_t>* places : {&from, &to}) {
    for (size_t i = 0; i < n_places; ++i) (*places)[i] = static_cast<uint32_t>(i);
    for (size_t i = n_places; i > 1; --i) std::swap((*places)[i - 1], (*places)[random.below(i)]);
  }
  put_rows(first.data(), stride, n_groups, codes.data(), n_code_bytes, scale.data(), offset.data(),
           from.data(), n);
  move_rows(first.data(), second.data(), stride, n_groups, from.data(), to.data(), n);
  std::vector<bool> is_put(n_places);
  for (size_t i = 0; i < n; ++i) {
    const uint8_t* block = second.data() + to[i] / 32 * stride;
    const size_t lane = to[i] % 32;
    for (size_t g = 0; g < n_groups; ++g) {
      const int wanted = g % 2 ? codes[i * n_code_bytes + g / 2] >> 4
                               : codes[i * n_code_bytes + g / 2] & 15;
      const int byte = block[16 * g + lane % 16], got = lane < 16 ? byte & 15 : byte >> 4;
      expect(got == wanted, "code", got, wanted);
    }
    uint16_t factors[2];
    std::memcpy(&factors[0], block + stride - 128 + 2 * lane, 2);
    std::memcpy(&factors[1], block + stride - 64 + 2 * lane, 2);
    expect(factors[0] == float_to_half(scale[i]), "scale", factors[0], scale[i]);
    expect(factors[1] == float_to_half(offset[i]), "offset", factors[1], offset[i]);
    is_put[to[i]] = true;
  }
  Array<uint8_t> lut(16 * n_groups);
  make_lut(random, lut, n_groups);
  const Tables tables{lut.data(), n_groups, 1, 0};
  const Run run{second.data(), stride, 0, n_blocks, nullptr, nullptr, nullptr, 0, 0, -HUGE_VALF};
  for (const Hit& hit : hits_of(kPlain, run, tables, kBlockRows))
    expect(is_put[hit.row], "a row", hit.row, double(n));
}

struct Case {
  const char* name;
  void (*run)(const Kernels& one, Random& random);
};

const Case kCases[] = {
    {"block_sums", block_sums},
    {"scan", scan},
    {"dot_u7", dot_u7},
    {"scores", scores},
    {"hopes", hopes},
    {"products", products},
    {"dot, square", dot},
    {"turn", turn},
    {"code_signs", code_signs},
    // not by instruction set
    {"halves", halves},
    {"blocks", blocks},
};
static_assert(sizeof(Kernels) == 11 * sizeof(void*), "a new pass needs a case");

}  // namespace

// Arguments: rounds of each case, and the seed.
int main(int n_arguments, char** arguments) {
  const int rounds = n_arguments > 1 ? std::atoi(arguments[1]) : 1000;
  const uint64_t seed = n_arguments > 2 ? std::strtoull(arguments[2], nullptr, 10) : 1;
  for (const Kernels* one : supported_kernels())
    for (const Case& each : kCases) {
      static char name[100];
      std::snprintf(name, sizeof name, "%s of %s, seed %llu", each.name, one->name,
                    static_cast<unsigned long long>(seed));
      now = name;
      Random random(seed);
      for (int i = 0; i < rounds; ++i) each.run(*one, random);
      std::printf("%s: %d rounds\n", name, rounds);
    }
  return 0;
}
