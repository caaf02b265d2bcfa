#include "dispatch.hpp"

#include <atomic>
#include <cstdlib>
#include <stdexcept>

namespace typecase {
namespace {

#if defined(__x86_64__)
// A processor has an instruction set where the operating system keeps its registers too; this
// built-in of GCC and Clang asks for both.
bool has_avx2() {
  // every processor with AVX2 has F16C, for which not every compiler lets one ask
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

// What Ice Lake and Zen 4 brought; the first processors with AVX-512 get AVX2.
bool has_avx512() {
#if defined(TYPECASE_SIMDE)
  return true;  // a test runs kernels_avx512.cpp on whatever there is
#endif
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vnni");
}
#endif

// The passes of `own`, and those of `next` where it has none of its own.
Kernels filled(const Kernels& own, const Kernels& next) {
  static_assert(sizeof(Kernels) == 11 * sizeof(void*), "a new pass needs a line here");
  Kernels all = own;
  if (!all.block_sums) all.block_sums = next.block_sums;
  if (!all.scan) all.scan = next.scan;
  if (!all.dot_u7) all.dot_u7 = next.dot_u7;
  if (!all.scores) all.scores = next.scores;
  if (!all.hopes) all.hopes = next.hopes;
  if (!all.products) all.products = next.products;
  if (!all.dot) all.dot = next.dot;
  if (!all.square) all.square = next.square;
  if (!all.turn) all.turn = next.turn;
  if (!all.code_signs) all.code_signs = next.code_signs;
  return all;
}

std::invalid_argument unsupported(const std::string& name) {
  std::string list;
  for (const Kernels* each : supported_kernels()) {
    if (!list.empty()) list += ", ";
    list += each->name;
  }
  return std::invalid_argument("TYPECASE_SIMD must be one of " + list + " on this machine, got " +
                               name + ".");
}

const Kernels* named(const std::string& name) {
  for (const Kernels* each : supported_kernels())
    if (name.empty() || name == each->name) return each;
  throw unsupported(name);
}

const Kernels* first_choice() {
  const char* wanted = std::getenv("TYPECASE_SIMD");
  return named(wanted ? wanted : "");
}

std::atomic<const Kernels*> chosen{nullptr};

}  // namespace

std::vector<const Kernels*> supported_kernels() {
  std::vector<const Kernels*> found;
#if defined(__x86_64__)
  static const Kernels avx2 = filled(kAvx2, kPlain), avx512 = filled(kAvx512, avx2);
  if (has_avx512()) found.push_back(&avx512);
  if (has_avx2()) found.push_back(&avx2);
#elif defined(__aarch64__)
  static const Kernels neon = filled(kNeon, kPlain);
  found.push_back(&neon);  // no 64-bit ARM is without
#endif
  found.push_back(&kPlain);
  return found;
}

const Kernels& kernels() {
  const Kernels* now = chosen.load(std::memory_order_relaxed);
  if (!now) chosen.store(now = first_choice(), std::memory_order_relaxed);
  return *now;
}

void use_kernels(const std::string& name) {
  chosen.store(name.empty() ? first_choice() : named(name), std::memory_order_relaxed);
}

}  // namespace typecase
