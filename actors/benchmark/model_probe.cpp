#include "actors/benchmark/model_probe.hpp"

#include "actors/benchmark/answer_match.hpp"
#include "actors/benchmark/figures_source.hpp"
#include "actors/benchmark/model_id.hpp"
#include "actors/process/run_report.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/json.hpp"
#include "messages/text.hpp"
#include "platform/chat_client.hpp"
#include "platform/read_file.hpp"

#include <algorithm>
#include <cstdlib>

namespace hive {
namespace {

constexpr const char* instruction = "Answer with the answer alone: one word or one number, without explanation.";
constexpr const char* question_without_file = "Answer with the word ready.";

caf::expected<std::string> key_of(const probe_options& options) {
  if (options.api_key_env.empty())
    return std::string{};
  const char* key = std::getenv(options.api_key_env.c_str());
  if (!key || !*key)
    return fail(ec::invalid, "the environment variable " + options.api_key_env + " holds no key");
  if (!is_api_key(key))
    return fail(ec::invalid, "the environment variable " + options.api_key_env + " holds more than a key");
  return std::string{key};
}

/// Adds one answer to the result.
void take(const chat_answer& answer, const probe_question* asked, probe_result& out) {
  out.latencies_ms.push_back(answer.latency_ms);
  if (!asked)
    return;
  auto said = without_thoughts(answer.text);
  bool matches = said && answers_match(asked->answer, *said);
  out.matches.push_back(matches ? 1.0 : 0.0);
  if (!matches && (answer.cut || !said))
    out.cut_questions.push_back(asked->question);
}

} // namespace

caf::error probe_options::validate() const {
  if (model.empty())
    return fail(ec::invalid, "model is required");
  if (!is_valid_model_id(id()))
    return fail(ec::invalid,
                (name.empty() ? "model cannot stand in a metric's name, so name is required; it " : "name ") +
                  std::string{model_id_rule});
  if (auto error = check_url("base_url", base_url))
    return error;
  if (requests > defaults::max_samples)
    return fail(ec::invalid, "requests must be at most " + std::to_string(defaults::max_samples));
  if (request_timeout.count() <= 0)
    return fail(ec::invalid, "request_timeout must be positive");
  if (max_tokens == 0)
    return fail(ec::invalid, "max_tokens must be positive");
  return caf::none;
}

caf::expected<std::vector<probe_question>> read_questions(const std::filesystem::path& file) {
  auto text = read_file(file, defaults::max_document_bytes);
  if (!text)
    return text.error();
  std::vector<probe_question> out;
  std::string_view rest{*text};
  for (size_t number = 1; !rest.empty(); ++number) {
    auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos)
      continue;
    auto question = from_json<wire::ProbeQuestion>(line);
    if (!question)
      return fail(ec::malformed, file.string() + ":" + std::to_string(number) + ": " + text_of(question.error()));
    if (out.size() == defaults::max_probe_questions)
      return fail(ec::too_large,
                  file.string() + " holds more than " + std::to_string(defaults::max_probe_questions) + " questions");
    out.push_back({(*question)->getQuestion().cStr(), (*question)->getAnswer().cStr()});
  }
  if (out.empty())
    return fail(ec::no_data, file.string() + " holds no question");
  return out;
}

caf::expected<probe_result> run_probe(const probe_options& options, uint32_t repeats, const work_limit& limit) {
  std::vector<probe_question> questions;
  if (!options.questions.empty()) {
    auto read = read_questions(options.questions);
    if (!read)
      return read.error();
    questions = std::move(*read);
  }
  size_t requests = options.requests;
  if (requests == 0)
    requests = questions.empty() ? defaults::probe_requests : questions.size();
  if (requests * repeats > defaults::max_samples)
    return fail(ec::too_large, std::to_string(requests) + " requests repeated " + std::to_string(repeats) +
                                 " times are more than " + std::to_string(defaults::max_samples) + " samples");
  auto key = key_of(options);
  if (!key)
    return key.error();
  chat_client model{{options.base_url, options.model, std::move(*key), options.request_timeout, options.max_tokens,
                     defaults::max_document_bytes}};
  probe_result out;
  for (size_t i = 0; i < requests * repeats; ++i) {
    // Every repeat asks the same questions.
    const auto* asked = questions.empty() ? nullptr : &questions[i % requests % questions.size()];
    auto answer = model.ask(instruction, asked ? asked->question : question_without_file, limit);
    if (!answer)
      return answer.error();
    take(*answer, asked, out);
  }
  if (!out.matches.empty() && out.cut_questions.size() == out.matches.size())
    return fail(ec::invalid, "every answer was cut at max_tokens = " + std::to_string(options.max_tokens) +
                               " before it ended; raise it");
  return out;
}

std::string describe_cut_answers(const probe_options& options, const probe_result& result) {
  constexpr size_t named = 3;
  constexpr size_t shown_bytes = 80;
  const auto& cut = result.cut_questions;
  if (cut.empty())
    return {};
  auto out = "probe " + options.id() + ": " + std::to_string(cut.size()) + " of " +
             std::to_string(result.matches.size()) +
             " answers were cut at max_tokens = " + std::to_string(options.max_tokens) + " and count as wrong: ";
  for (size_t i = 0; i < std::min(cut.size(), named); ++i)
    out += (i > 0 ? ", \"" : "\"") + printable_tail(cut[i], shown_bytes) + "\"";
  return out + (cut.size() > named ? ", …" : "");
}

} // namespace hive
