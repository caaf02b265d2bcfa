// The vectors' verdict on one query: exact scores of rows, and the best of them so far.
#pragma once

#include "two_grain.hpp"

namespace typecase {

class Verdict {
 public:
  Verdict(const Parts& parts, const Kernels& kernels, const float* q, double length, Trace& trace);

  // One of the two comes first: the k best rows, or all that score at least so much.
  void want_best(size_t k);
  void want_within(double least);

  // Whether there are k rows already; what matters then is above the threshold.
  bool k_known() const { return in_range_ || found_.size() >= k_; }
  // The k-th best score as the codes have it: of rows in their unit, and a query of length 1.
  float threshold() const { return threshold_; }

  // Gives rows their exact scores, in this order, but not those whose bound has fallen behind.
  void decide_all(const Hit* at, const Hit* end);

  // The rows that were wanted, best first.
  std::vector<Found> found();

 private:
  struct Better {
    const Parts& parts;
    bool operator()(const Found& a, const Found& b) const;
  };

  float scaled(double score) const;
  const Piece& piece_of(uint32_t number) const;
  const float* row(uint32_t number) const;
  void ask(uint32_t number) const;
  void fetch(uint32_t number) const;
  void touch(uint32_t number) const;
  bool is_hopeless(const float* x) const;
  void decide(uint32_t number);
  void enter(const Found& found);

  const Parts& parts_;
  const Kernels& kernels_;
  const float* q_;
  Trace& trace_;
  Better better_;
  double length_;       // of the query
  double rough_slack_;  // what a product in single precision may be off
  size_t k_ = 0;
  double least_ = 0;
  bool in_range_ = false;
  float threshold_;
  std::vector<Found> found_;
};

}  // namespace typecase
