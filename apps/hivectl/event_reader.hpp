#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hive::ctl {

/// Parses a stream of server-sent events (WHATWG HTML, section 9.2.6), as far as nodes use it: fields id and data,
/// comments, LF and CR LF line ends. The stream may arrive in pieces, split anywhere.
class event_reader {
public:
  /// Size limit of an incomplete event in bytes; larger than any message.
  static constexpr size_t max_pending_bytes = size_t{4} << 20;

  /// Parses a piece and appends the data of each completed event. False when an event is too large: the stream is then
  /// unusable.
  bool take(std::string_view piece, std::vector<std::string>& complete);

  /// The value for Last-Event-ID. Empty before the first event.
  const std::string& last_id() const {
    return last_id_;
  }

  /// Discards an incomplete event, after the stream was lost.
  void begin_again();

private:
  void take_line(std::string_view line, std::vector<std::string>& complete);

  std::string line_;
  std::string id_;
  std::string data_;
  std::string last_id_;
};

} // namespace hive::ctl
