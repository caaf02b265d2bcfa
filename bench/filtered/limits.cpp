// What the machine can do at best: stream memory, gather rows, read a disk at random.

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

volatile uint64_t sink;

uint64_t sum(const uint64_t* at, size_t n) {
  uint64_t parts[8] = {};
  for (size_t i = 0; i + 8 <= n; i += 8)
    for (size_t j = 0; j < 8; ++j) parts[j] += at[i + j];
  uint64_t total = 0;
  for (uint64_t part : parts) total += part;
  return total;
}

}  // namespace

// Bytes a second of reading a buffer of so many bytes from its first to its last, best of repeats.
extern "C" double stream(size_t bytes, size_t repeats) {
  std::vector<uint64_t> buffer(bytes / 8, 1);
  double best = 0;
  for (size_t r = 0; r < repeats; ++r) {
    const auto start = Clock::now();
    sink = sum(buffer.data(), buffer.size());
    best = std::max(best, bytes / since(start));
  }
  return best;
}

// Rows a second of reading random rows of so many bytes, eight ahead in flight, best of repeats.
extern "C" double gather(size_t bytes, size_t row_bytes, size_t reads, size_t repeats) {
  std::vector<uint64_t> buffer(bytes / 8, 1);
  const size_t row = row_bytes / 8, n_rows = buffer.size() / row;
  std::mt19937_64 random(1);
  std::vector<size_t> rows(reads);
  for (auto& r : rows) r = random() % n_rows;
  double best = 0;
  for (size_t r = 0; r < repeats; ++r) {
    const auto start = Clock::now();
    uint64_t total = 0;
    for (size_t i = 0; i < reads; ++i) {
      if (i + 8 < reads)
        for (size_t b = 0; b < row; b += 8)
          __builtin_prefetch(buffer.data() + rows[i + 8] * row + b);
      total += sum(buffer.data() + rows[i] * row, row);
    }
    sink = total;
    best = std::max(best, reads / since(start));
  }
  return best;
}

// Reads of 4 KB a second past the page cache at random places, so many in flight; -1 on failure.
extern "C" double disk(const char* path, size_t depth, double seconds) {
  const int file = open(path, O_RDONLY | O_DIRECT);
  if (file < 0) return -1;
  const int64_t pages = lseek(file, 0, SEEK_END) / 4096;
  std::atomic<int64_t> done{0};
  std::atomic<bool> failed{pages < 1};
  const auto start = Clock::now();
  std::vector<std::thread> threads;
  for (size_t t = 0; t < depth; ++t)
    threads.emplace_back([&] {
      void* buffer = std::aligned_alloc(4096, 4096);
      std::mt19937_64 random(std::random_device{}());  // pages read before may be cached below
      while (!failed && since(start) < seconds) {
        const int64_t page = static_cast<int64_t>(random() % static_cast<uint64_t>(pages));
        if (pread(file, buffer, 4096, page * 4096) != 4096) failed = true;
        ++done;
      }
      std::free(buffer);
    });
  for (auto& thread : threads) thread.join();
  const double spent = since(start);
  close(file);
  return failed ? -1 : done / spent;
}
