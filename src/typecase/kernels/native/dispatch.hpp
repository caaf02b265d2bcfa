// Which instruction set runs: the best that this processor has, or the one that was asked for.
#pragma once

#include <string>
#include <vector>

#include "scan.hpp"

namespace typecase {

// The passes to use. The first call chooses them; the environment's TYPECASE_SIMD (plain, avx2,
// avx512, neon) overrules the choice.
// Throws std::invalid_argument where it names what this processor or this build does not have.
const Kernels& kernels();

// From now on `kernels()` are those of this name; "" stands for the first choice.
// Throws std::invalid_argument as above; then nothing has changed.
void use_kernels(const std::string& name);

// What may run here, best first; "plain" is last.
std::vector<const Kernels*> supported_kernels();

}  // namespace typecase
