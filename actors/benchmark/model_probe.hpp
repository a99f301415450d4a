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

/// One model behind an OpenAI-compatible endpoint that is measured by asking it.
struct probe_options {
  /// Id of the model in metric names, see is_valid_model_id; `model` when not given, which must be one then.
  std::string name;
  /// Where `/chat/completions` lies, such as http://127.0.0.1:8080/v1.
  std::string base_url;
  /// The model as the endpoint names it.
  std::string model;
  /// Environment variable of this process that holds the key; empty: none is sent.
  std::string api_key_env;
  /// JSON lines `{"question": …, "answer": …}`. Without it only latency is measured.
  std::filesystem::path questions;
  /// Requests of one repeat, going through the questions in order and around; 0: each question once, or
  /// defaults::probe_requests without a file.
  uint32_t requests = 0;
  /// Longest wait for one answer.
  std::chrono::milliseconds request_timeout = defaults::probe_timeout;
  /// Longest answer, in the model's tokens.
  uint32_t max_tokens = 64;

  /// The id that its metrics carry.
  const std::string& id() const {
    return name.empty() ? model : name;
  }

  /// ec::invalid with the offending option.
  caf::error validate() const;
};

struct probe_question {
  std::string question;
  std::string answer;
};

/// Reads a question file. Errors name the file and line.
caf::expected<std::vector<probe_question>> read_questions(const std::filesystem::path& file);

/// What one probe saw, a value per request.
struct probe_result {
  std::vector<double> latencies_ms; ///< whole exchange over a fresh connection
  std::vector<double> matches;      ///< 1.0 where the answer was the expected one, else 0.0; empty without questions
  /// Questions whose answers were cut at max_tokens and do not match; they are among `matches` as wrong.
  std::vector<std::string> cut_questions;
};

/// Asks one question after the other, `repeats` times over. One request that fails fails the probe: a latency of the
/// answered ones alone would flatter an endpoint that is overloaded. What a model thinks aloud in `<think>` is no part
/// of its answer. A model that refuses max_tokens or a temperature is asked without. ec::too_large when there would be
/// more than defaults::max_samples samples, ec::invalid when max_tokens cut every answer.
caf::expected<probe_result> run_probe(const probe_options& options, uint32_t repeats, const work_limit& limit);

/// How many answers were cut and which, for people; empty when none was.
std::string describe_cut_answers(const probe_options& options, const probe_result& result);

} // namespace hive
