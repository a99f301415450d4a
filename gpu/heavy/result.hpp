#pragma once

#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"

#include <string>
#include <vector>

namespace hive::heavy {

enum class better : bool { lower, higher };

/// One measured quantity.
struct figure {
  std::string name;
  double value = 0;
  better direction = better::higher;
  std::string unit;
  bool gate = true; ///< false: shown, and decides nothing
};

/// What a heavy benchmark found. Figures of different scopes are never compared.
struct result {
  std::vector<figure> figures;
  std::string scope;   ///< empty for the own benchmark on a GPU; see the constants below
  std::string skipped; ///< why nothing could be measured; empty when something was
  std::string note;    ///< what the figures rest on: sizes, seeds, who measured
};

/// The CPU reference at a tiny size.
inline constexpr const char* simulated = "simulated";
/// Measured by the Python package hevolveai.
inline constexpr const char* by_package = "hevolveai";
/// Measured by a llama.cpp server.
inline constexpr const char* by_llama_cpp = "llama.cpp";

inline result skip(std::string reason) {
  result out;
  out.skipped = std::move(reason);
  return out;
}

/// The answer of a command adapter. Texts are cut to the limits of their fields.
msg<wire::Measurement> to_measurement(const result& found);

} // namespace hive::heavy
