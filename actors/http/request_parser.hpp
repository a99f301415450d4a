#pragma once

#include "actors/http/screening.hpp"

#include <memory>

namespace hive::http {

/// Incremental parser for one HTTP/1 request according to RFC 9112, with the limits of `defaults`. Knows no socket.
class request_parser {
public:
  enum class progress {
    needs_more, ///< all bytes are used, or kept until more arrive
    has_head,   ///< reported once; the body follows
    complete,   ///< further bytes belong to the next request
    refused,    ///< see `refusal`; the remaining input cannot be parsed
  };

  /// `from`: who sends the request, as its connection tells; null: unknown.
  explicit request_parser(std::shared_ptr<const peer> from = {});
  ~request_parser();
  request_parser(const request_parser&) = delete;
  request_parser& operator=(const request_parser&) = delete;

  /// Parses from the front of `bytes`, which are the unused bytes of the previous call and newly arrived ones. The
  /// first `used` bytes are consumed.
  progress feed(std::string_view bytes, size_t& used);

  /// Whether any byte of the request has arrived.
  bool has_begun() const;

  /// Limits bodies of undeclared length; larger ones are rejected with 413. Set it when the head is complete.
  void limit_body(size_t most);

  const response& refusal() const;

  // The following are valid from `has_head` on.

  const request_head& head() const; ///< views into this object
  bool has_body() const;            ///< of any length except zero
  std::optional<uint64_t> content_length() const;
  bool expects_continue() const; ///< the client waits for "100 Continue" before sending its body
  bool keeps_alive() const;      ///< the client may send another request
  bool wants_head_only() const;  ///< HEAD

  const std::string& body() const;

private:
  struct impl;

  const std::unique_ptr<impl> impl_;
};

} // namespace hive::http
