#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace hive::cluster {

/// Passes connections on to a node's door, and can stop to read what the node says: to the node, whoever came over it
/// is then a slow reader. Loopback only.
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

  /// From now on nothing of what the node says is read.
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
