#include "actors/http/problem.hpp"

#include "messages/node.capnp.h"

#include <algorithm>
#include <array>

namespace hive::http {
namespace {

struct status_entry {
  ec code;
  int status;
};

constexpr std::array<status_entry, ec_count> statuses{{
  {ec::none, 500}, // an error without a code is a bug
  {ec::malformed, 400},
  {ec::invalid, 400},
  {ec::not_found, 404},
  {ec::already_exists, 409},
  {ec::busy, 409},
  {ec::no_data, 404},
  {ec::too_large, 413},
  {ec::unauthorized, 401},
  {ec::forbidden, 403},
  {ec::overloaded, 503},
  {ec::unavailable, 503},
  {ec::timed_out, 504},
  {ec::outcome_unknown, 504},
  {ec::storage_failed, 507},
  {ec::corrupt, 500},
  {ec::process_failed, 500},
  {ec::integrity_violated, 500},
  {ec::unsupported, 422},
  {ec::internal, 500},
  {ec::conflict, 409},
}};

constexpr bool in_order() {
  for (size_t i = 0; i < ec_count; ++i)
    if (static_cast<size_t>(statuses[i].code) != i)
      return false;
  return true;
}
static_assert(in_order(), "every code has its status, in the order of the enum");

response describe_problem(int status, ec code, std::string_view detail, std::string_view pointer) {
  auto body = msg<wire::Problem>::build([&](wire::Problem::Builder out) {
    out.setType("about:blank");
    out.setTitle(std::string{reason_phrase(status)});
    out.setStatus(static_cast<uint16_t>(status));
    out.setDetail(std::string{detail});
    out.setCode(std::string{to_string(code)});
    if (!pointer.empty())
      out.setPointer(std::string{pointer});
  });
  response out{status, "application/problem+json", to_json(body), {}, std::string{detail}};
  if (status == 503 || status == 429)
    out.headers.emplace_back("Retry-After", "1");
  if (status == 401)
    out.headers.emplace_back("WWW-Authenticate", "Bearer");
  return out;
}

} // namespace

int status_of(ec code) {
  auto index = static_cast<size_t>(code);
  return statuses[index < ec_count ? index : static_cast<size_t>(ec::internal)].status;
}

std::string_view reason_phrase(int status) {
  switch (status) {
  case 200:
    return "OK";
  case 201:
    return "Created";
  case 202:
    return "Accepted";
  case 204:
    return "No Content";
  case 304:
    return "Not Modified";
  case 400:
    return "Bad Request";
  case 401:
    return "Unauthorized";
  case 403:
    return "Forbidden";
  case 404:
    return "Not Found";
  case 405:
    return "Method Not Allowed";
  case 408:
    return "Request Timeout";
  case 409:
    return "Conflict";
  case 413:
    return "Content Too Large";
  case 414:
    return "URI Too Long";
  case 415:
    return "Unsupported Media Type";
  case 417:
    return "Expectation Failed";
  case 421:
    return "Misdirected Request";
  case 422:
    return "Unprocessable Content";
  case 429:
    return "Too Many Requests";
  case 431:
    return "Request Header Fields Too Large";
  case 500:
    return "Internal Server Error";
  case 501:
    return "Not Implemented";
  case 503:
    return "Service Unavailable";
  case 504:
    return "Gateway Timeout";
  case 505:
    return "HTTP Version Not Supported";
  case 507:
    return "Insufficient Storage";
  default:
    return "Unknown";
  }
}

response problem(const caf::error& error) {
  auto code = code_of(error);
  // Errors of the actor framework are described by their meaning for clients, except bugs.
  bool foreign = error && error.category() != caf::atom("hive") && code != ec::internal;
  return describe_problem(status_of(code), code, foreign ? std::string{describe(code)} : text_of(error), {});
}

response problem(const json_error& refusal) {
  return describe_problem(status_of(refusal.code), refusal.code, refusal.message(), refusal.pointer);
}

response problem(int status, ec code, std::string detail) {
  return describe_problem(status, code, detail, {});
}

response too_many_requests(std::string detail, std::chrono::steady_clock::duration wait) {
  auto out = problem(429, ec::overloaded, std::move(detail));
  auto seconds = std::max<int64_t>(1, std::chrono::ceil<std::chrono::seconds>(wait).count());
  for (auto& [name, value] : out.headers)
    if (name == "Retry-After")
      value = std::to_string(seconds);
  return out;
}

} // namespace hive::http
