#pragma once

#include <functional>
#include <mutex>
#include <stop_token>
#include <string>

namespace hive::ctl::mcp {

/// Writes whole lines to a descriptor, from several threads. SIGPIPE must be ignored.
class line_writer {
public:
  /// `give_up` ends the wait for a reader that reads nothing. `on_broken` is called once, with the reason, when nothing
  /// more can be written.
  line_writer(int descriptor, std::stop_token give_up, std::function<void(const std::string&)> on_broken)
      : descriptor_{descriptor}, give_up_{std::move(give_up)}, on_broken_{std::move(on_broken)} {
  }
  line_writer(const line_writer&) = delete;
  line_writer& operator=(const line_writer&) = delete;

  /// Writes the line with a line break. Dropped when the descriptor is broken.
  void write(std::string line);

private:
  bool wait_until_writable() const;

  const int descriptor_;
  const std::stop_token give_up_;
  const std::function<void(const std::string&)> on_broken_;
  std::mutex mutex_;
  bool is_broken_ = false;
};

} // namespace hive::ctl::mcp
