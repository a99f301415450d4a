#pragma once

#include "actors/http/screening.hpp"

#include <memory>

namespace hive::http {

/// Reads one HTTP/1 request from bytes as they arrive, by RFC 9112 and the bounds of `defaults`. Knows no socket.
class request_parser {
public:
  enum class progress {
    needs_more, ///< all bytes are used, or wait for those that follow
    has_head,   ///< told once; what follows is the body
    complete,   ///< further bytes belong to the next request
    refused,    ///< `refusal` says why; nothing behind it can be understood
  };

  request_parser();
  ~request_parser();
  request_parser(const request_parser&) = delete;
  request_parser& operator=(const request_parser&) = delete;

  /// Reads from the front of `bytes`, which are those not used before and what has arrived since. `used` of them need
  /// not be given again.
  progress feed(std::string_view bytes, size_t& used);

  /// Whether a byte of the request has arrived.
  bool has_begun() const;

  /// Bounds a body whose length is not announced; larger ones are refused with 413. To be set with the head.
  void limit_body(size_t most);

  const response& refusal() const;

  // What follows holds from `has_head` on.

  const request_head& head() const; ///< views into this object
  bool has_body() const;            ///< of any length but zero
  std::optional<uint64_t> content_length() const;
  bool expects_continue() const; ///< the client sends its body when it is told to
  bool keeps_alive() const;      ///< the client may send another request
  bool wants_head_only() const;  ///< HEAD

  const std::string& body() const;

private:
  struct impl;

  const std::unique_ptr<impl> impl_;
};

} // namespace hive::http
