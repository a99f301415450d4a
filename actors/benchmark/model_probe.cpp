#include "actors/benchmark/model_probe.hpp"

#include "actors/benchmark/answer_match.hpp"
#include "actors/benchmark/figures_source.hpp"
#include "actors/benchmark/file_reader.hpp"
#include "actors/http/client.hpp"
#include "messages/annotations.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/ids.hpp"
#include "messages/json.hpp"

#include <algorithm>
#include <capnp/compat/json.h>
#include <cstdlib>
#include <optional>

namespace hive {
namespace {

constexpr const char* instruction = "Answer with the answer alone: one word or one number, without explanation.";
constexpr const char* question_without_file = "Answer with the word ready.";

/// A chat completion nests five levels deep; extensions of servers a few more.
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

std::string request_body(const probe_options& options, const std::string& question) {
  return to_json(msg<wire::ChatRequest>::build([&](wire::ChatRequest::Builder out) {
    out.setModel(options.model);
    out.setMaxTokens(options.max_tokens);
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

/// choices[0].message.content. Answers carry many more fields, which differ between servers and are passed over.
std::optional<std::string> content_of(std::string_view body) {
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
    if (content && content->isString())
      return std::string{content->getString().begin(), content->getString().size()};
  } catch (const kj::Exception&) {
    // No JSON at all: the same to the caller as JSON without an answer.
  }
  return std::nullopt;
}

struct chat_answer {
  std::string text;
  double latency_ms = 0;
};

caf::expected<chat_answer> ask(http::outgoing_request& request, const work_limit& limit,
                               std::chrono::milliseconds timeout) {
  if (auto over = limit.check())
    return over;
  request.timeout = limit.at_most(timeout);
  auto response = http::fetch(request);
  if (!response)
    return response.error();
  if (response->status != 200)
    return fail(ec::unavailable, request.url + describe_status(response->status, response->body));
  auto text = content_of(response->body);
  if (!text)
    return fail(ec::malformed, request.url + " answered without choices[0].message.content");
  return chat_answer{std::move(*text), std::chrono::duration<double, std::milli>(response->duration).count()};
}

} // namespace

caf::error probe_options::validate() const {
  if (model.empty())
    return fail(ec::invalid, "model is required");
  if (!is_valid_id(id()))
    return fail(ec::invalid,
                (name.empty() ? "model is no id, so name is required; it " : "name ") + std::string{id_rule});
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
  for (size_t i = 0; i < requests * repeats; ++i) {
    // Every repeat asks the same questions.
    const auto* asked = questions.empty() ? nullptr : &questions[i % requests % questions.size()];
    request.body = request_body(options, asked ? asked->question : question_without_file);
    auto answer = ask(request, limit, options.request_timeout);
    if (!answer)
      return answer.error();
    out.latencies_ms.push_back(answer->latency_ms);
    if (asked)
      out.matches.push_back(answers_match(asked->answer, answer->text) ? 1.0 : 0.0);
  }
  return out;
}

} // namespace hive
