#include "actors/http/response_head.hpp"

#include "actors/http/problem.hpp"

#include <charconv>
#include <ctime>

namespace hive::http {
namespace {

/// RFC 9110, 5.6.7, with a resolution of one second.
std::string http_date(std::time_t at) {
  std::tm utc{};
  gmtime_r(&at, &utc);
  char out[32];
  auto length = std::strftime(out, sizeof out, "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return {out, length};
}

/// The current date, formatted once per second and thread.
const std::string& date_of_now() {
  thread_local std::time_t shown = 0;
  thread_local std::string text;
  if (auto now = std::time(nullptr); now != shown) {
    text = http_date(now);
    shown = now;
  }
  return text;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

} // namespace

std::string chunk(std::string_view bytes) {
  if (bytes.empty())
    return {};
  char size[2 * sizeof(size_t)];
  auto end = std::to_chars(size, size + sizeof size, bytes.size(), 16).ptr;
  return std::string{size, end}.append("\r\n").append(bytes).append("\r\n");
}

std::string response_head(const response& what, const answer_framing& how) {
  std::string out = "HTTP/1.1 " + std::to_string(what.status) + " ";
  out.append(reason_phrase(what.status)).append("\r\n");
  if (how.is_stream && !how.is_http_1_0)
    append_field(out, "Transfer-Encoding", "chunked");
  else if (!how.is_stream && what.status != 204 && what.status != 304) // have no content, RFC 9110, 8.6
    append_field(out, "Content-Length", std::to_string(what.body.size()));
  if (!what.content_type.empty())
    append_field(out, "Content-Type", what.content_type);
  append_field(out, "Date", date_of_now());
  if (!how.keeps_alive)
    append_field(out, "Connection", "close");
  else if (how.is_http_1_0)
    append_field(out, "Connection", "keep-alive");
  for (const auto& [name, value] : what.headers)
    append_field(out, name, value);
  return out + "\r\n";
}

} // namespace hive::http
