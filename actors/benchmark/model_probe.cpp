#include "actors/benchmark/model_probe.hpp"

#include "actors/benchmark/answer_match.hpp"
#include "actors/benchmark/figures_source.hpp"
#include "actors/benchmark/model_id.hpp"
#include "actors/process/run_report.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/chat.capnp.h"
#include "messages/json.hpp"
#include "messages/text.hpp"
#include "platform/http_client.hpp"
#include "platform/read_file.hpp"

#include <algorithm>
#include <capnp/compat/json.h>
#include <cstdlib>
#include <optional>

namespace hive {
namespace {

constexpr const char* instruction = "Answer with the answer alone: one word or one number, without explanation.";
constexpr const char* question_without_file = "Answer with the word ready.";

/// A chat completion nests five levels deep; server extensions add a few more.
constexpr size_t max_answer_nesting = 32;

caf::expected<std::vector<std::string>> headers_of(const probe_options& options) {
  std::vector<std::string> out{"Content-Type: application/json"};
  if (options.api_key_env.empty())
    return out;
  const char* key = std::getenv(options.api_key_env.c_str());
  if (!key || !*key)
    return fail(ec::invalid, "the environment variable " + options.api_key_env + " holds no key");
  std::string_view text{key};
  auto is_printable = [](char c) { return c > 0x20 && c < 0x7F; };
  if (!std::all_of(text.begin(), text.end(), is_printable))
    return fail(ec::invalid, "the environment variable " + options.api_key_env + " holds more than a key");
  out.push_back("Authorization: Bearer " + std::string{text});
  return out;
}

/// Parameters that a model rejected; omitted for the rest of the probe.
struct refused_parameters {
  bool max_tokens = false; ///< requires max_completion_tokens instead
  bool temperature = false;

  /// Notes the parameters that a rejection names. True when there is a new one, so that a request without it may
  /// succeed.
  bool learn(std::string_view body) {
    bool wants_other_limit = body.find("max_completion_tokens") != std::string_view::npos ||
                             (body.find("max_tokens") != std::string_view::npos && says_unsupported(body));
    bool wants_no_temperature = body.find("temperature") != std::string_view::npos && says_unsupported(body);
    bool is_new = (wants_other_limit && !max_tokens) || (wants_no_temperature && !temperature);
    max_tokens |= wants_other_limit;
    temperature |= wants_no_temperature;
    return is_new;
  }

private:
  static bool says_unsupported(std::string_view body) {
    for (std::string_view word : {"nsupported", "not support", "nrecognized", "nknown", "not permitted"})
      if (body.find(word) != std::string_view::npos)
        return true;
    return false;
  }
};

std::string request_body(const probe_options& options, const refused_parameters& refused, const std::string& question) {
  return to_json(msg<wire::ChatCompletion>::build([&](wire::ChatCompletion::Builder out) {
    out.setModel(options.model);
    if (refused.max_tokens)
      out.setMaxCompletionTokens(options.max_tokens);
    else
      out.setMaxTokens(options.max_tokens);
    if (!refused.temperature)
      out.setTemperature(0);
    auto messages = out.initMessages(2);
    messages[0].setRole("system");
    messages[0].setContent(instruction);
    messages[1].setRole("user");
    messages[1].setContent(question);
  }));
}

std::optional<capnp::JsonValue::Reader> member(capnp::JsonValue::Reader value, std::string_view name) {
  if (value.isObject())
    for (auto field : value.getObject())
      if (field.getName() == name.data())
        return field.getValue();
  return std::nullopt;
}

std::optional<capnp::JsonValue::Reader> first(std::optional<capnp::JsonValue::Reader> value) {
  if (value && value->isArray() && value->getArray().size() > 0)
    return value->getArray()[0];
  return std::nullopt;
}

struct chat_answer {
  std::string text;
  bool cut = false; ///< truncated at the token limit
  double latency_ms = 0;
};

std::string string_of(std::optional<capnp::JsonValue::Reader> value) {
  return value && value->isString() ? std::string{value->getString().begin(), value->getString().size()} : "";
}

/// Extracts choices[0].message.content and the finish reason. Ignores all other fields, which differ between servers.
/// An answer truncated during reasoning has no content.
std::optional<chat_answer> answer_of(std::string_view body) {
  if (!is_utf8(body))
    return std::nullopt;
  try {
    capnp::MallocMessageBuilder scratch;
    auto document = scratch.initRoot<capnp::JsonValue>();
    capnp::JsonCodec json;
    json.setMaxNestingDepth(max_answer_nesting);
    json.decodeRaw(kj::arrayPtr(body.data(), body.size()), document);
    auto choice = first(member(document.asReader(), "choices"));
    auto message = choice ? member(*choice, "message") : std::nullopt;
    auto content = message ? member(*message, "content") : std::nullopt;
    chat_answer out;
    out.cut = choice && string_of(member(*choice, "finish_reason")) == "length";
    if (content && content->isString())
      out.text = string_of(content);
    else if (!out.cut)
      return std::nullopt;
    return out;
  } catch (const kj::Exception&) {
    return std::nullopt; // the caller treats invalid JSON like JSON without an answer
  }
}

caf::expected<chat_answer> ask(http::outgoing_request& request, const work_limit& limit, const probe_options& options,
                               refused_parameters& refused, const std::string& question) {
  for (;;) {
    if (auto over = limit.check())
      return over;
    request.timeout = limit.at_most(options.request_timeout);
    request.body = request_body(options, refused, question);
    auto response = http::fetch(request);
    if (!response)
      return response.error();
    bool refuses = response->status == 400 || response->status == 422;
    if (refuses && refused.learn(response->body))
      continue;
    if (response->status != 200)
      return fail(ec::unavailable, request.url + describe_status(response->status, response->body));
    auto answer = answer_of(response->body);
    if (!answer)
      return fail(ec::malformed, request.url + " answered without choices[0].message.content");
    answer->latency_ms = std::chrono::duration<double, std::milli>(response->duration).count();
    return std::move(*answer);
  }
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
  auto headers = headers_of(options);
  if (!headers)
    return headers.error();
  http::outgoing_request request;
  request.method = "POST";
  request.url = options.base_url.substr(0, options.base_url.find_last_not_of('/') + 1) + "/chat/completions";
  request.headers = std::move(*headers);
  request.max_response_bytes = defaults::max_document_bytes;
  request.stop = limit.stop;
  probe_result out;
  refused_parameters refused;
  for (size_t i = 0; i < requests * repeats; ++i) {
    // Every repeat asks the same questions.
    const auto* asked = questions.empty() ? nullptr : &questions[i % requests % questions.size()];
    auto answer = ask(request, limit, options, refused, asked ? asked->question : question_without_file);
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
