#pragma once

#include "actors/defaults.hpp"
#include "platform/work_limit.hpp"

#include <caf/expected.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace hive {

/// A model behind an OpenAI-compatible endpoint that is measured by sending it requests.
struct probe_options {
  /// The model's id in metric names, see is_valid_model_id. Defaults to `model`, which must then be a valid id.
  std::string name;
  /// Parent of `/chat/completions`, such as http://127.0.0.1:8080/v1.
  std::string base_url;
  /// The endpoint's name for the model.
  std::string model;
  /// Environment variable of this process that holds the API key; empty: no key is sent.
  std::string api_key_env;
  /// JSON lines `{"question": …, "answer": …}`. Without it, only latency is measured.
  std::filesystem::path questions;
  /// Requests per repeat, cycling through the questions. 0: each question once, or defaults::probe_requests without a
  /// file.
  uint32_t requests = 0;
  /// Time limit of one request.
  std::chrono::milliseconds request_timeout = defaults::probe_timeout;
  /// Size limit of an answer, in the model's tokens.
  uint32_t max_tokens = 64;

  /// The id used in metric names.
  const std::string& id() const {
    return name.empty() ? model : name;
  }

  /// ec::invalid, naming the offending option.
  caf::error validate() const;
};

struct probe_question {
  std::string question;
  std::string answer;
};

/// Reads a question file. Errors name the file and line.
caf::expected<std::vector<probe_question>> read_questions(const std::filesystem::path& file);

/// Result of a probe, with one value per request.
struct probe_result {
  std::vector<double> latencies_ms; ///< of the whole exchange over a new connection
  std::vector<double> matches;      ///< 1.0 for the expected answer, else 0.0; empty without questions
  /// Questions whose answers were truncated at max_tokens and do not match; `matches` counts them as wrong.
  std::vector<std::string> cut_questions;
};

/// Asks the questions one after the other, `repeats` times. A single failed request fails the probe: latencies of only
/// the successful requests would flatter an overloaded endpoint. Reasoning in `<think>` is not part of an answer.
/// Parameters max_tokens and temperature are omitted if the model rejects them. ec::too_large for more than
/// defaults::max_samples samples, ec::invalid when max_tokens truncated every answer.
caf::expected<probe_result> run_probe(const probe_options& options, uint32_t repeats, const work_limit& limit);

/// A readable text with the number of truncated answers and their questions; empty when there are none.
std::string describe_cut_answers(const probe_options& options, const probe_result& result);

} // namespace hive
