#include "verdict.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/mman.h>
#include <unistd.h>
#endif
#if defined(__linux__)
#include <sys/resource.h>
#endif

namespace typecase {
namespace {

constexpr float kNothing = -std::numeric_limits<float>::infinity();
constexpr ptrdiff_t kAskAhead = 32;      // rows asked of the disk before they are needed
constexpr double kColdRow = 15e-6;       // a row that takes longer may have come from the disk
constexpr double kColdBatch = 50e-6;     // no disk answers sooner
constexpr int kCareful = 64;             // batches after one that did
constexpr ptrdiff_t kTouchAhead = 8;      // rows whose pages are looked up before they are fetched
constexpr ptrdiff_t kFetchAhead = 2;     // rows asked of memory before they are needed
constexpr double kRoughSlack = 0x1p-23;  // what a sum in single precision loses, a coordinate
constexpr double kUnitSlack = 1e-6;      // a row whose length is so near to 1 is used as it is

#if defined(__unix__) || defined(__APPLE__)
void ask_disk(const void* from, size_t n_bytes) {
  static const uintptr_t page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t at = reinterpret_cast<uintptr_t>(from), start = at & ~(page - 1);
  posix_madvise(reinterpret_cast<void*>(start), n_bytes + (at - start), POSIX_MADV_WILLNEED);
}
#else
void ask_disk(const void*, size_t) {}
#endif

// Whether this thread has had a disk read since it was last asked. A slow row alone may be an
// interrupt, or other work, and being careful costs a third of a query.
#if defined(__linux__) && defined(RUSAGE_THREAD)
bool has_read(bool) {
  thread_local long known = 0;
  rusage used;
  if (getrusage(RUSAGE_THREAD, &used) != 0) return true;
  const long reads = used.ru_majflt + used.ru_inblock;  // pages waited for, and blocks asked for
  return std::exchange(known, reads) != reads;
}
#else
bool has_read(bool was_slow) { return was_slow; }
#endif

}  // namespace

void Disk::took(double seconds, size_t n_rows) {
  const bool was_slow = n_rows > 0 && seconds > kColdBatch &&
                        seconds > kColdRow * static_cast<double>(n_rows);
  const int left = left_.load(std::memory_order_relaxed);
  if (left == 0 && !was_slow) return;
  left_.store(has_read(was_slow) ? kCareful : std::max(left - 1, 0), std::memory_order_relaxed);
}

bool Verdict::Better::operator()(const Found& a, const Found& b) const {
  return a.score > b.score || (a.score == b.score && id_of(parts, a.row) < id_of(parts, b.row));
}

Verdict::Verdict(const Parts& parts, const Kernels& kernels, const float* q, double length,
                 Trace& trace)
    : parts_(parts), kernels_(kernels), q_(q), trace_(trace), better_{parts}, length_(length),
      threshold_(kNothing) {
  const double longest = parts.cosine ? HUGE_VAL : double{parts.longest};
  const double least = std::numeric_limits<float>::min();  // what underflows is lost whole
  rough_slack_ = static_cast<double>(parts.dim) * (kRoughSlack * length * longest + least);
}

void Verdict::want_best(size_t k) { k_ = k; }

void Verdict::want_within(double least) {
  least_ = least;
  in_range_ = true;
  threshold_ = std::nextafter(scaled(static_cast<float>(least)), kNothing);
}

std::vector<Found> Verdict::found() {
  std::sort(found_.begin(), found_.end(), better_);
  if (!in_range_ && found_.size() > k_) found_.resize(k_);
  return std::move(found_);
}

float Verdict::scaled(double score) const {
  return static_cast<float>(score / double{parts_.unit_length} / length_);
}

void Verdict::decide_all(const Hit* at, const Hit* end) {
  if (at >= end) return;
  const bool is_cold = parts_.disk && parts_.disk->is_cold();
  const ptrdiff_t far = is_cold ? kAskAhead : kFetchAhead;
  const auto began = std::chrono::steady_clock::now();
  const uint32_t before = trace_.rescored;
  auto prepare = [&](uint32_t number) { is_cold ? ask(number) : fetch(number); };
  for (const Hit* ahead = at; ahead < end && ahead < at + far; ++ahead) prepare(ahead->row);
  if (!is_cold)
    for (const Hit* ahead = at + far; ahead < end && ahead < at + kTouchAhead; ++ahead)
      touch(ahead->row);
  for (; at < end; ++at) {
    if (k_known() && at->bound <= threshold_) continue;
    if (!is_cold && end - at > kTouchAhead) touch(at[kTouchAhead].row);
    if (end - at > far) prepare(at[far].row);
    decide(at->row);
  }
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - began;
  if (parts_.disk) parts_.disk->took(time.count(), trace_.rescored - before);
}

const Piece& Verdict::piece_of(uint32_t number) const {
  const Piece* piece = parts_.pieces.data();
  const Piece* end = piece + parts_.pieces.size();
  return *(std::upper_bound(piece, end, uint64_t{number},
                            [](uint64_t n, const Piece& p) { return n < p.first; }) - 1);
}

const float* Verdict::row(uint32_t number) const {
  const Piece& piece = piece_of(number);
  return piece.x + (number - piece.first) * parts_.dim;
}

// Have the disk read a row while others are being read; returns at once.
void Verdict::ask(uint32_t number) const {
  if (number >= parts_.n_rows) return;
  const Piece& piece = piece_of(number);
  if (piece.is_mapped)
    ask_disk(piece.x + (number - piece.first) * parts_.dim, parts_.dim * sizeof(float));
}

// Have the page of a row looked up.
void Verdict::touch(uint32_t number) const {
  if (number >= parts_.n_rows) return;
  const char* x = reinterpret_cast<const char*>(row(number));
  __builtin_prefetch(x);
  __builtin_prefetch(x + parts_.dim * sizeof(float) - 1);
}

void Verdict::fetch(uint32_t number) const {
  if (number >= parts_.n_rows) return;
  const char* x = reinterpret_cast<const char*>(row(number));
  for (size_t i = 0; i < parts_.dim * sizeof(float); i += 64) __builtin_prefetch(x + i);
}

// Whether a row cannot be among the best, as the product in single precision tells already.
bool Verdict::is_hopeless(const float* x) const {
  if (in_range_ || found_.size() < k_ || !std::isfinite(rough_slack_)) return false;
  float rough;
  kernels_.products(q_, x, 1, parts_.dim, &rough);
  return double{rough} + rough_slack_ < found_.front().score;  // false where it is no number
}

void Verdict::decide(uint32_t number) {
  if (number >= parts_.n_rows) return;
  ++trace_.rescored;
  const float* x = row(number);
  if (is_hopeless(x)) return;
  double score = kernels_.dot(q_, x, parts_.dim);
  if (parts_.cosine) {
    const double length = std::sqrt(kernels_.square(x, parts_.dim));
    if (!(std::fabs(length - 1.0) <= kUnitSlack)) score /= std::max(length, 1e-12);
  }
  if (std::isnan(score)) return;  // of a damaged vector; it has no place in an order
  enter({static_cast<double>(static_cast<float>(score)), number});
}

void Verdict::enter(const Found& found) {
  if (in_range_) {
    if (found.score >= least_) found_.push_back(found);
    return;
  }
  if (found_.size() >= k_) {  // a heap, worst on top
    if (!better_(found, found_.front())) return;
    std::pop_heap(found_.begin(), found_.end(), better_);
    found_.back() = found;
    std::push_heap(found_.begin(), found_.end(), better_);
  } else {
    found_.push_back(found);
    if (found_.size() < k_) return;
    std::make_heap(found_.begin(), found_.end(), better_);
  }
  threshold_ = scaled(found_.front().score);
}

}  // namespace typecase
