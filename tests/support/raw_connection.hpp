#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hive {

/// A connection for what no tidy client sends.
class raw_connection {
public:
  explicit raw_connection(uint16_t port);
  raw_connection(raw_connection&& other) noexcept;
  raw_connection& operator=(raw_connection&&) = delete;
  ~raw_connection();

  /// Longest wait of each read and write; one minute at first.
  void set_patience(std::chrono::milliseconds limit);

  /// Whether all of it was taken.
  bool send(std::string_view bytes);

  /// Sends no more.
  void close_half();

  /// Closing will throw away what was sent and not received, and tell the other end so.
  void reset_at_close();

  /// What comes with one read; empty at the end.
  std::string read_some(size_t most);

  /// What comes until the text holds `end` or the server closes the connection.
  std::string read_until(std::string_view end);

  /// What comes until the server closes the connection.
  std::string read_all();

private:
  int socket_;
};

} // namespace hive
