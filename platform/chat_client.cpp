#include "platform/chat_client.hpp"

#include "messages/chat.capnp.h"
#include "messages/ec.hpp"
#include "messages/json.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <capnp/compat/json.h>

namespace hive {
namespace {

/// A chat completion nests five levels deep; server extensions add a few more.
constexpr size_t max_answer_nesting = 32;

bool says_unsupported(std::string_view body) {
  for (std::string_view word : {"nsupported", "not support", "nrecognized", "nknown", "not permitted"})
    if (body.find(word) != std::string_view::npos)
      return true;
  return false;
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
    out.model = string_of(member(document.asReader(), "model"));
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

} // namespace

bool is_api_key(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

chat_client::chat_client(chat_options options) : options_{std::move(options)} {
  request_.method = "POST";
  request_.url = options_.base_url.substr(0, options_.base_url.find_last_not_of('/') + 1) + "/chat/completions";
  request_.headers = {"Content-Type: application/json"};
  if (!options_.api_key.empty())
    request_.headers.push_back("Authorization: Bearer " + options_.api_key);
  request_.max_response_bytes = options_.max_response_bytes;
}

caf::expected<chat_answer> chat_client::ask(const std::string& instruction, const std::string& question,
                                            const work_limit& limit) {
  request_.stop = limit.stop;
  for (;;) {
    if (auto over = limit.check())
      return over;
    request_.timeout = limit.at_most(options_.request_timeout);
    request_.body = body_of(instruction, question);
    auto response = http::fetch(request_);
    if (!response)
      return response.error();
    bool refuses = response->status == 400 || response->status == 422;
    if (refuses && learn_refused(response->body))
      continue;
    if (response->status != 200)
      return fail(ec::unavailable, request_.url + http::describe_status(response->status, response->body));
    auto answer = answer_of(response->body);
    if (!answer)
      return fail(ec::malformed, request_.url + " answered without choices[0].message.content");
    answer->latency_ms = std::chrono::duration<double, std::milli>(response->duration).count();
    return std::move(*answer);
  }
}

bool chat_client::learn_refused(std::string_view body) {
  bool wants_other_limit = body.find("max_completion_tokens") != std::string_view::npos ||
                           (body.find("max_tokens") != std::string_view::npos && says_unsupported(body));
  bool wants_no_temperature = body.find("temperature") != std::string_view::npos && says_unsupported(body);
  bool is_new = (wants_other_limit && !refuses_max_tokens_) || (wants_no_temperature && !refuses_temperature_);
  refuses_max_tokens_ |= wants_other_limit;
  refuses_temperature_ |= wants_no_temperature;
  return is_new;
}

std::string chat_client::body_of(const std::string& instruction, const std::string& question) const {
  return to_json(msg<wire::ChatCompletion>::build([&](wire::ChatCompletion::Builder out) {
    if (!options_.model.empty())
      out.setModel(options_.model);
    if (refuses_max_tokens_)
      out.setMaxCompletionTokens(options_.max_tokens);
    else
      out.setMaxTokens(options_.max_tokens);
    if (!refuses_temperature_)
      out.setTemperature(0);
    auto messages = out.initMessages(2);
    messages[0].setRole("system");
    messages[0].setContent(instruction);
    messages[1].setRole("user");
    messages[1].setContent(question);
  }));
}

std::optional<std::string_view> without_thoughts(std::string_view text) {
  for (std::string_view name : {"think", "thinking", "reasoning"}) {
    auto begin = "<" + std::string{name} + ">";
    auto end = "</" + std::string{name} + ">";
    if (auto at = text.rfind(end); at != std::string_view::npos)
      return text.substr(at + end.size());
    if (auto at = text.find_first_not_of(" \t\r\n\f\v");
        at != std::string_view::npos && text.substr(at).starts_with(begin))
      return std::nullopt;
  }
  return text;
}

} // namespace hive
