#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

/// The fuzz target: processes one input, which may be anything. Called by libFuzzer or replay.cpp. A broken promise
/// ends the process (see `require`), like a crash or a sanitizer's report.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace hive::fuzz {

/// Unless `holds`, ends the process and names the promise that was broken.
inline void require(bool holds, std::string_view promise) {
  if (holds)
    return;
  std::cerr << "broken promise: " << promise << std::endl;
  std::abort();
}

inline std::string_view text_of(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

} // namespace hive::fuzz
