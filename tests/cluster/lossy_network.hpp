#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace hive::cluster {

/// Machines as network namespaces, each with a TAP device whose other end is this process, which switches Ethernet
/// frames between them and loses some. Works on kernels without netem and packet filters. Needs root, the `ip` program
/// and /dev/net/tun.
class lossy_network {
public:
  /// Whether this process can create such a network; tries it.
  static bool is_possible();

  /// Loses each frame with probability `loss`. Throws when the network cannot be created.
  lossy_network(size_t machines, double loss, uint64_t seed);
  ~lossy_network();
  lossy_network(const lossy_network&) = delete;
  lossy_network& operator=(const lossy_network&) = delete;

  const std::string& netns(size_t i) const {
    return machines_.at(i).netns;
  }

  static std::string address(size_t i) {
    return "10.78.0." + std::to_string(i + 1);
  }

  /// Frames sent to machines so far, and how many of them were lost.
  uint64_t frames() const {
    return frames_;
  }
  uint64_t lost() const {
    return lost_;
  }
  /// Size of the largest frame: if it exceeded Ethernet's 1,514 bytes, one frame would stand for many.
  size_t largest_frame() const {
    return largest_;
  }

private:
  using mac_address = std::array<char, 6>;

  struct machine {
    std::string netns;
    std::string tap;
    int fd = -1;
  };

  void build(size_t machines);
  /// Removes whatever exists of the network.
  void clear();
  void run();
  void pass_on(size_t from, const char* frame, size_t size);
  void deliver(size_t to, const char* frame, size_t size);

  std::string mark_;
  std::vector<machine> machines_;
  std::map<mac_address, size_t> learned_; ///< the machine behind each address
  std::mt19937_64 random_;
  std::bernoulli_distribution loses_;
  std::atomic<uint64_t> frames_{0}, lost_{0};
  std::atomic<size_t> largest_{0};
  std::atomic<bool> stopped_{false};
  std::thread thread_;
};

} // namespace hive::cluster
