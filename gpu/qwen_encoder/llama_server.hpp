#pragma once

#include "gpu/heavy/result.hpp"

#include <caf/expected.hpp>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>

namespace hive::qwen {

/// What a llama.cpp server says about the time of one completion.
struct llama_timings {
  double prompt_tokens = 0;
  double prompt_per_second = 0;    ///< reading the prompt: a forward pass over its tokens
  double generated_per_second = 0; ///< 0 when nothing was generated
};

/// Reads the answer of POST /completion. ec::malformed names what is missing or is no positive number.
caf::expected<llama_timings> read_timings(std::string_view body);

/// Sends the server prompts of about `tokens` words and reports the median of its own timings. A server that does not
/// answer is skipped; one that answers with an error fails.
caf::expected<heavy::result> measure_llama_server(const std::string& url, uint64_t tokens, const std::stop_token& stop);

} // namespace hive::qwen
