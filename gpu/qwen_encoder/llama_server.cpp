#include "gpu/qwen_encoder/llama_server.hpp"

#include "gpu/qwen_encoder/measure.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "platform/http_client.hpp"

#include <capnp/compat/json.h>
#include <capnp/message.h>
#include <cmath>
#include <optional>

namespace hive::qwen {
namespace {

/// The first one warms the server up and is not counted.
constexpr int requests = 6;
/// Enough for a rate, few beside the prompt.
constexpr int generated_tokens = 32;
constexpr std::chrono::seconds request_timeout{120};
constexpr size_t max_response_bytes = size_t{8} << 20;
constexpr size_t max_nesting = 32;

/// Prompts differ from their first word on, so that none is in the server's cache.
std::string prompt(int number, uint64_t tokens) {
  static constexpr const char* words[] = {"river", "stone", "light", "north", "paper", "green", "seven", "house"};
  auto out = "Text " + std::to_string(number) + ":";
  for (uint64_t i = 0; i < tokens; ++i)
    out += std::string{" "} + words[(i * 5 + static_cast<uint64_t>(number) * 3 + i / 8) % 8];
  return out;
}

std::optional<capnp::JsonValue::Reader> member(capnp::JsonValue::Reader value, std::string_view name) {
  if (value.isObject())
    for (auto field : value.getObject())
      if (field.getName() == name.data())
        return field.getValue();
  return std::nullopt;
}

double positive(capnp::JsonValue::Reader timings, const char* name) {
  auto found = member(timings, name);
  return found && found->isNumber() && std::isfinite(found->getNumber()) && found->getNumber() > 0 ? found->getNumber()
                                                                                                   : 0;
}

caf::expected<llama_timings> timings_of(capnp::JsonValue::Reader answer) {
  auto timings = member(answer, "timings");
  if (!timings || !timings->isObject())
    return fail(ec::malformed, "the answer has no timings");
  llama_timings out;
  out.prompt_tokens = positive(*timings, "prompt_n");
  out.prompt_per_second = positive(*timings, "prompt_per_second");
  out.generated_per_second = positive(*timings, "predicted_per_second");
  if (out.prompt_per_second == 0)
    return fail(ec::malformed, "timings.prompt_per_second is no positive number");
  return out;
}

caf::expected<llama_timings> complete(http::outgoing_request& request, int number, uint64_t tokens) {
  request.body = "{\"prompt\":\"" + prompt(number, tokens) + "\",\"n_predict\":" + std::to_string(generated_tokens) +
                 ",\"temperature\":0,\"cache_prompt\":false,\"stream\":false}";
  auto response = http::fetch(request);
  if (!response)
    return response.error();
  if (response->status != 200)
    return fail(ec::process_failed, request.url + http::describe_status(response->status, response->body));
  auto timings = read_timings(response->body);
  return timings ? timings : fail(code_of(timings.error()), request.url + ": " + text_of(timings.error()));
}

} // namespace

caf::expected<llama_timings> read_timings(std::string_view body) {
  if (!is_utf8(body))
    return fail(ec::malformed, "the answer is not UTF-8");
  try {
    capnp::MallocMessageBuilder scratch;
    auto document = scratch.initRoot<capnp::JsonValue>();
    capnp::JsonCodec json;
    json.setMaxNestingDepth(max_nesting);
    json.decodeRaw(kj::arrayPtr(body.data(), body.size()), document);
    return timings_of(document.asReader());
  } catch (const kj::Exception&) {
    return fail(ec::malformed, "the answer is no JSON");
  }
}

caf::expected<heavy::result> measure_llama_server(const std::string& url, uint64_t tokens,
                                                  const std::stop_token& stop) {
  http::outgoing_request request;
  request.method = "POST";
  request.url = url.substr(0, url.find_last_not_of('/') + 1) + "/completion";
  request.headers = {"Content-Type: application/json"};
  request.timeout = request_timeout;
  request.max_response_bytes = max_response_bytes;
  request.stop = stop;
  std::vector<double> prompts;
  std::vector<double> generated;
  double prompt_tokens = 0;
  for (int i = 0; i < requests; ++i) {
    auto timings = complete(request, i, tokens);
    if (!timings && i == 0 && code_of(timings.error()) == ec::unavailable)
      return heavy::skip("no llama.cpp server answers: " + text_of(timings.error()));
    if (!timings)
      return timings.error();
    if (i == 0)
      continue;
    prompts.push_back(timings->prompt_per_second);
    generated.push_back(timings->generated_per_second);
    prompt_tokens = timings->prompt_tokens;
  }
  heavy::result out;
  out.scope = heavy::by_llama_cpp;
  out.figures = {{"tokens_per_second", median(prompts), heavy::better::higher, "tok/s"}};
  if (auto rate = median(generated); rate > 0)
    out.figures.push_back({"generated_tokens_per_second", rate, heavy::better::higher, "tok/s", false});
  out.note = "reading prompts of " + std::to_string(static_cast<uint64_t>(prompt_tokens)) + " tokens, median of " +
             std::to_string(requests - 1) + "; measured by the llama.cpp server at " + url;
  return out;
}

} // namespace hive::qwen
