#pragma once

#include "platform/http_client.hpp"
#include "platform/work_limit.hpp"

#include <caf/expected.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hive {

/// A model behind an OpenAI-compatible endpoint.
struct chat_options {
  std::string base_url; ///< parent of `/chat/completions`, such as http://127.0.0.1:8080/v1
  std::string model;    ///< the endpoint's name for the model; empty: the request names none
  std::string api_key;  ///< see is_api_key; empty: no key is sent
  std::chrono::milliseconds request_timeout{60'000};
  uint32_t max_tokens = 64; ///< size limit of an answer, in the model's tokens
  size_t max_response_bytes = size_t{8} << 20;
};

/// Whether `text` can stand in a header as a key: printable ASCII without spaces, not empty.
bool is_api_key(std::string_view text);

struct chat_answer {
  std::string text;
  std::string model;     ///< what the endpoint calls the model that answered; may be empty
  bool cut = false;      ///< truncated at the token limit
  double latency_ms = 0; ///< of the whole exchange over a new connection
};

/// Asks a model one question after the other, at temperature 0. Parameters max_tokens and temperature are omitted once
/// the model rejects them.
class chat_client {
public:
  explicit chat_client(chat_options options);

  /// One exchange. Fails like http::fetch, with ec::unavailable for another status than 200, or with ec::malformed for
  /// a body without choices[0].message.content; the texts name the URL.
  caf::expected<chat_answer> ask(const std::string& instruction, const std::string& question, const work_limit& limit);

private:
  /// Notes the parameters that a rejection names. True when there is a new one, so that a request without it may
  /// succeed.
  bool learn_refused(std::string_view body);
  std::string body_of(const std::string& instruction, const std::string& question) const;

  chat_options options_;
  http::outgoing_request request_;
  bool refuses_max_tokens_ = false; ///< requires max_completion_tokens instead
  bool refuses_temperature_ = false;
};

/// A model's answer without its reasoning: the text after the last `</think>` (or `</thinking>`, `</reasoning>`), or
/// all of the text when it has no reasoning. Nothing when the reasoning does not end.
std::optional<std::string_view> without_thoughts(std::string_view text);

} // namespace hive
