#include "actors/http/request_parser.hpp"

#include <algorithm>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <limits>

namespace hive::http {
namespace {

namespace beast_http = boost::beast::http;
using beast_http::field;
using beast_parser = beast_http::request_parser<beast_http::string_body>;
using beast_request = beast_parser::value_type;
using progress = request_parser::progress;

/// Room in the request line for more than the target: the longest method and the version.
constexpr size_t request_line_rest = 64;

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

bool is_same(std::string_view text, std::string_view lower_case) {
  return std::ranges::equal(text, lower_case, {},
                            [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
}

std::optional<response> malformed(std::string detail) {
  return problem(400, ec::malformed, std::move(detail));
}

std::optional<response> too_long(const char* what) {
  return problem(414, ec::too_large,
                 std::string{what} + " is longer than " + std::to_string(defaults::max_url_bytes) + " bytes");
}

std::optional<response> fields_too_large(const std::string& what) {
  return problem(431, ec::too_large, what);
}

/// RFC 9110, 5.6.2.
bool is_token_character(char c) {
  static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || marks.find(c) != marks.npos;
}

/// Whether the request line ends in an HTTP version, supported or not.
bool names_a_version(std::string_view line) {
  auto version = line.substr(line.rfind(' ') + 1);
  return version.size() == 8 && version.starts_with("HTTP/") && std::isdigit(version[5]) && version[6] == '.' &&
         std::isdigit(version[7]);
}

response describe(const boost::system::error_code& failed, std::string_view bytes) {
  using beast_http::error;
  if (failed == error::bad_version && names_a_version(bytes.substr(0, bytes.find("\r\n"))))
    return problem(505, ec::unsupported, "this server speaks HTTP/1.1 and HTTP/1.0");
  if (failed == error::body_limit)
    return problem(fail(ec::too_large, "the body has more bytes than are allowed"));
  if (failed == error::bad_content_length || failed == error::bad_transfer_encoding)
    return *malformed("the request's length is ambiguous: Content-Length must be one number, and must "
                      "not stand beside Transfer-Encoding");
  return *malformed("the request is not HTTP/1.1: " + failed.message());
}

/// Scans a possibly incomplete head, each byte once.
class look_ahead {
public:
  std::optional<response> at(std::string_view bytes) {
    if (!is_token_character(bytes.front()))
      return malformed("the request does not begin with a method");
    for (; !whole_ && scanned_ < bytes.size(); ++scanned_)
      if (auto wrong = look(bytes))
        return wrong;
    return std::nullopt;
  }

  /// Whether the head's last byte has been scanned.
  bool is_whole() const {
    return whole_;
  }

private:
  /// Scans further bytes. Which error is reported first must not depend on how the bytes were split.
  std::optional<response> look(std::string_view bytes) {
    if (scanned_ >= defaults::max_head_bytes)
      return fields_too_large("the request's head has more than " + std::to_string(defaults::max_head_bytes) +
                              " bytes");
    if (!first_line_ends_ && scanned_ > defaults::max_url_bytes + request_line_rest)
      return too_long("the request line");
    if (bytes[scanned_] != '\n')
      return std::nullopt;
    if (bytes[scanned_ - 1] != '\r')
      return malformed("a line of the request's head ends without a carriage return");
    first_line_ends_ = true;
    whole_ = bytes.substr(0, scanned_ + 1).ends_with("\r\n\r\n");
    return std::nullopt;
  }

  size_t scanned_ = 0;
  bool first_line_ends_ = false;
  bool whole_ = false;
};

/// Splits the request's target. RFC 9112, 3.2.
std::optional<response> read_target(std::string_view target, request_head& out) {
  auto scheme = target.substr(0, target.find("://"));
  if (target.size() > scheme.size() && (is_same(scheme, "http") || is_same(scheme, "https"))) {
    target.remove_prefix(scheme.size() + 3);
    auto end = std::min(target.find_first_of("/?"), target.size());
    out.host = target.substr(0, end); // takes precedence over the Host field
    target.remove_prefix(end);
    if (target.empty() || target.front() == '?') {
      out.path = "/";
      out.query = target.substr(std::min<size_t>(1, target.size()));
      return std::nullopt;
    }
  }
  if (!target.starts_with('/') && !(target == "*" && out.method == "OPTIONS"))
    return malformed("the request's target must be a path");
  auto mark = target.find('?');
  out.path = target.substr(0, mark);
  if (mark != target.npos)
    out.query = target.substr(mark + 1);
  return std::nullopt;
}

std::optional<response> check_sizes(const beast_request& request) {
  if (request.target().size() > defaults::max_url_bytes)
    return too_long("the request's target");
  size_t fields = 0;
  for (const auto& field : request) {
    if (field.name_string().size() + field.value().size() > defaults::max_header_bytes)
      return fields_too_large("header field " + std::string{view(field.name_string()).substr(0, 64)} +
                              " has more than " + std::to_string(defaults::max_header_bytes) + " bytes");
    if (++fields > defaults::max_header_fields)
      return fields_too_large("more than " + std::to_string(defaults::max_header_fields) + " header fields");
  }
  return std::nullopt;
}

/// Checks rules of RFC 9110 and 9112 that Beast does not enforce.
std::optional<response> check_rules(const beast_request& request, const request_head& head, bool has_body) {
  auto verb = request.method();
  if (verb == beast_http::verb::unknown || verb == beast_http::verb::connect || verb == beast_http::verb::trace)
    return problem(501, ec::unsupported, "method " + std::string{head.method.substr(0, 64)} + " is not known");
  if (head.hosts > 1 || (head.hosts == 0 && !head.is_http_1_0))
    return malformed(head.hosts == 0 ? "the request has no Host field" : "the request has more than one Host field");
  if (auto coding = request.find(field::transfer_encoding); coding != request.end()) {
    if (head.is_http_1_0)
      return malformed("HTTP/1.0 knows no Transfer-Encoding");
    if (!is_same(view(coding->value()), "chunked"))
      return problem(501, ec::unsupported, "the only transfer coding that is known is chunked");
  }
  if (auto expected = request.find(field::expect); expected != request.end())
    if (!is_same(view(expected->value()), "100-continue"))
      return problem(417, ec::unsupported, "the only expectation that can be met is 100-continue");
  if (has_body && !head.content_encoding.empty() && head.content_encoding != gzip_coding)
    return unreadable_coding(head.content_encoding);
  return std::nullopt;
}

} // namespace

struct request_parser::impl {
  impl() {
    beast.header_limit(defaults::max_head_bytes + 1); // look_ahead knows which part is too long, and rejects it first
    beast.body_limit(std::numeric_limits<uint64_t>::max()); // Beast's default would reject every declared length
  }

  progress feed_head(std::string_view bytes, size_t& used) {
    while (!has_begun && bytes.substr(used).starts_with("\r\n")) // RFC 9112, 2.2
      used += 2;
    bytes.remove_prefix(used);
    if (bytes.empty() || (!has_begun && bytes == "\r"))
      return progress::needs_more;
    has_begun = true;
    if (auto wrong = ahead.at(bytes))
      return refuse(std::move(*wrong));
    if (!ahead.is_whole()) // Beast would consume a part of it
      return progress::needs_more;
    boost::system::error_code error;
    used += beast.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
    if (error)
      return refuse(describe(error, bytes));
    has_head = true;
    if (auto wrong = read_head())
      return refuse(std::move(*wrong));
    beast.eager(true);
    return progress::has_head;
  }

  std::optional<response> read_head() {
    auto& request = beast.get();
    head.method = view(request.method_string());
    head.is_http_1_0 = request.version() == 10;
    for (const auto& each : request)
      take_field(each.name(), view(each.name_string()), view(each.value()));
    if (!has_body() || is_same(head.content_encoding, "identity"))
      head.content_encoding = {};
    else if (is_same(head.content_encoding, gzip_coding))
      head.content_encoding = gzip_coding;
    if (auto wrong = check_sizes(request))
      return wrong;
    if (auto wrong = check_rules(request, head, has_body()))
      return wrong;
    return read_target(view(request.target()), head);
  }

  void take_field(field which, std::string_view name, std::string_view value) {
    switch (which) {
    case field::host:
      if (head.hosts++ == 0)
        head.host = value;
      break;
    case field::origin:
      if (head.origins++ == 0)
        head.origin = value;
      break;
    case field::authorization:
      head.authorization = value;
      break;
    case field::content_type:
      head.content_type = value;
      break;
    case field::content_encoding:
      head.content_encoding = value;
      break;
    case field::accept_encoding:
      head.accept_encoding = value;
      break;
    case field::if_none_match:
      head.if_none_match = value;
      break;
    case field::expect:
      expects_continue = !head.is_http_1_0; // RFC 9110, 10.1.1
      break;
    case field::upgrade:
      asks_for_upgrade = true;
      break;
    case field::unknown:
      if (is_same(name, "last-event-id"))
        head.last_event_id = value;
      else if (is_same(name, "sec-fetch-site") && head.fetch_site.empty())
        head.fetch_site = value;
      else if (is_same(name, "hivemark-namespace") && head.name_spaces++ == 0)
        head.name_space = value;
      break;
    default:
      break;
    }
  }

  progress feed_body(std::string_view bytes, size_t& used) {
    if (beast.is_done())
      return progress::complete;
    boost::system::error_code error;
    used = beast.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
    if (error && error != beast_http::error::need_more)
      return refuse(describe(error, bytes));
    if (beast.is_done())
      return progress::complete;
    if (bytes.size() - used > defaults::max_head_bytes)
      return refuse(*fields_too_large("the chunk extensions or trailers of the body are too long"));
    return progress::needs_more;
  }

  bool has_body() const {
    return beast.chunked() || beast.content_length().value_or(0) != 0;
  }

  progress refuse(response why) {
    refusal = std::move(why);
    return progress::refused;
  }

  beast_parser beast;
  look_ahead ahead;
  request_head head;
  response refusal;
  bool has_begun = false;
  bool has_head = false;
  bool expects_continue = false;
  bool asks_for_upgrade = false;
};

request_parser::request_parser(std::shared_ptr<const peer> from) : impl_{std::make_unique<impl>()} {
  impl_->head.from = std::move(from);
}

request_parser::~request_parser() = default;

progress request_parser::feed(std::string_view bytes, size_t& used) {
  used = 0;
  return impl_->has_head ? impl_->feed_body(bytes, used) : impl_->feed_head(bytes, used);
}

bool request_parser::has_begun() const {
  return impl_->has_begun;
}

void request_parser::limit_body(size_t most) {
  impl_->beast.body_limit(most);
}

const response& request_parser::refusal() const {
  return impl_->refusal;
}

const request_head& request_parser::head() const {
  return impl_->head;
}

bool request_parser::has_body() const {
  return impl_->has_body();
}

std::optional<uint64_t> request_parser::content_length() const {
  auto length = impl_->beast.content_length();
  return length ? std::optional<uint64_t>{*length} : std::nullopt;
}

bool request_parser::expects_continue() const {
  return impl_->expects_continue && impl_->has_body();
}

bool request_parser::keeps_alive() const {
  // After a request to upgrade, which is never granted, it is unknown what the client sends next.
  return impl_->beast.keep_alive() && !impl_->asks_for_upgrade;
}

bool request_parser::wants_head_only() const {
  return impl_->head.method == "HEAD";
}

const std::string& request_parser::body() const {
  return impl_->beast.get().body();
}

} // namespace hive::http
