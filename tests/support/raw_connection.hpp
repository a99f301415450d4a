#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hive {

/// A connection over which tests send what no well-behaved client sends.
class raw_connection {
public:
  explicit raw_connection(uint16_t port);
  raw_connection(raw_connection&& other) noexcept;
  raw_connection& operator=(raw_connection&&) = delete;
  ~raw_connection();

  /// Sets the time limit of each read and write; one minute by default.
  void set_patience(std::chrono::milliseconds limit);

  /// Returns whether everything was sent.
  bool send(std::string_view bytes);

  /// Closes the sending direction.
  void close_half();

  /// Makes closing discard unsent and unread data and reset the connection.
  void reset_at_close();

  /// The result of one read; empty at the end.
  std::string read_some(size_t most);

  /// Reads until the text contains `end` or the server closes the connection.
  std::string read_until(std::string_view end);

  /// Reads until the server closes the connection.
  std::string read_all();

private:
  int socket_;
};

} // namespace hive
