#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace hive::cluster {

/// Forwards connections to a node's door, and can stop reading what the node sends: to the node, the peer then looks
/// like a slow reader. Loopback only.
class relay {
public:
  explicit relay(const std::string& door);
  ~relay();
  relay(const relay&) = delete;
  relay& operator=(const relay&) = delete;

  /// ADDRESS:PORT to connect to.
  const std::string& at() const {
    return at_;
  }

  /// Stops reading what the node sends.
  void stop_reading() {
    reads_ = false;
  }

private:
  void run(int listening, std::string door);

  std::string at_;
  std::atomic<bool> reads_{true};
  std::atomic<bool> stopped_{false};
  std::thread thread_;
};

} // namespace hive::cluster
