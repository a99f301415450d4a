#pragma once

#include "actors/http/exchange.hpp"

namespace hive::http {

/// How the answer's end is marked, and whether its connection stays open.
struct answer_framing {
  bool is_stream = false;   ///< of unknown length: chunked, or for HTTP/1.0 until the connection closes
  bool is_http_1_0 = false; ///< of the request
  bool keeps_alive = false; ///< the client may send another request
};

/// A piece of a chunked answer (RFC 9112, 7.1); of no bytes nothing, since an empty chunk would end the answer.
std::string chunk(std::string_view bytes);

inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// Status line, header fields and empty line of an answer. Content-Length is the size of `what.body`.
std::string response_head(const response& what, const answer_framing& how);

} // namespace hive::http
