#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hive::ctl {

/// Takes a stream of server-sent events apart (WHATWG HTML, section 9.2.6), as far as nodes use it: fields id and data,
/// comments, lines that end in LF or CR LF. Pieces may be cut anywhere.
class event_reader {
public:
  /// Bytes of an event that is not complete yet: more than a message may have.
  static constexpr size_t max_pending_bytes = size_t{4} << 20;

  /// Takes a piece and adds the data of each event that it completes. False when an event is too large: then the stream
  /// cannot be read on.
  bool take(std::string_view piece, std::vector<std::string>& complete);

  /// What to tell a node as Last-Event-ID. Empty before the first.
  const std::string& last_id() const {
    return last_id_;
  }

  /// The stream was lost: what is incomplete is forgotten.
  void begin_again();

private:
  void take_line(std::string_view line, std::vector<std::string>& complete);

  std::string line_;
  std::string id_;
  std::string data_;
  std::string last_id_;
};

} // namespace hive::ctl
