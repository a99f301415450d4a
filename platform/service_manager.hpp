#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace hive {

/// Tells the service manager that started this process, such as systemd, what the process does: the protocol of
/// sd_notify(3), datagrams to the socket that NOTIFY_SOCKET names. Without that variable nothing is sent. Any thread
/// may call it. Nothing waits: a manager that does not read loses messages.
class service_manager {
public:
  service_manager() = default;

  /// The manager that the environment names. A socket that cannot be used is logged, once, and then counts as none.
  static service_manager of_environment();

  explicit operator bool() const {
    return !socket_.empty();
  }

  /// How often the manager must hear `alive`, or it ends the process; nothing when it does not watch this process.
  std::optional<std::chrono::microseconds> watchdog() const {
    return watchdog_;
  }

  void ready() const;
  void status(std::string_view text) const;
  void alive() const;
  /// Comes before a reload, and `ready` after it.
  void reloading() const;
  void stopping(std::string_view status) const;

private:
  void send(const std::string& message) const;

  std::string socket_; ///< a path, or "@name" for Linux's abstract names
  std::optional<std::chrono::microseconds> watchdog_;
};

} // namespace hive
