#pragma once

#include "actors/http/exchange.hpp"

namespace hive::http {

/// How an answer's end is told, and what becomes of its connection.
struct answer_framing {
  bool is_stream = false;   ///< its length is not known: chunked, or for HTTP/1.0 until the connection closes
  bool is_http_1_0 = false; ///< of the request
  bool keeps_alive = false; ///< the client may send another request
};

/// Status line and header fields of an answer, with the empty line behind them. Content-Length is that of `what.body`.
std::string response_head(const response& what, const answer_framing& how);

} // namespace hive::http
