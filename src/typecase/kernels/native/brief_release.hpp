// Lets other threads run Python while this one computes for some microseconds.
#pragma once

#include <nanobind/nanobind.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

namespace typecase {

// Gives the interpreter's lock back, and takes it again at the end. A thread that finds the lock
// taken is put to sleep, and to be woken costs more than most searches' Python: where another
// thread has just taken it here, and so is soon back, this one waits awake.
class BriefRelease {
 public:
  BriefRelease() {
    taken_at().store(0, std::memory_order_relaxed);
    state_ = PyEval_SaveThread();
  }
  ~BriefRelease() {
    for (int64_t at; (at = taken_at().load(std::memory_order_relaxed)) && now() - at < kSoon;)
      std::this_thread::yield();
    PyEval_RestoreThread(state_);
    taken_at().store(now(), std::memory_order_relaxed);
  }
  BriefRelease(const BriefRelease&) = delete;
  BriefRelease& operator=(const BriefRelease&) = delete;

 private:
  static constexpr int64_t kSoon = 20'000;  // ns

  // When the lock was last taken here; 0 once it was given back here.
  static std::atomic<int64_t>& taken_at() {
    static std::atomic<int64_t> at{0};
    return at;
  }
  static int64_t now() {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
  }

  PyThreadState* state_;
};

}  // namespace typecase
