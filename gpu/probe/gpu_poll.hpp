#pragma once

#include "gpu/probe/device_reading.hpp"
#include "messages/msg.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace hive {

/// Polls the devices of a management library, which it loads and, as long as that fails, loads again.
class gpu_poll {
public:
  explicit gpu_poll(std::string library) : name_{std::move(library)} {
  }

  /// Blocks for as long as the driver does.
  msg<wire::GpuReport> poll();

private:
  using clock = std::chrono::steady_clock;

  using seen_uuids = std::set<std::string, std::less<>>;

  struct known_gpu {
    uint32_t index; ///< as of the last poll that could read it
    gpu_identity identity;
  };

  void open(clock::time_point now);
  void close(const caf::error& why);
  void read_all(wire::GpuReport::Builder out);
  const known_gpu* known_at(uint32_t index, const seen_uuids& seen) const;
  std::vector<const known_gpu*> missing(const seen_uuids& seen, size_t max) const;
  void remember(wire::GpuReport::Reader report);

  std::string name_;
  std::unique_ptr<nvml::library> library_;
  caf::error failure_;           ///< why there is no library
  clock::time_point open_again_; ///< not before
  /// Devices that were read once, by UUID.
  std::map<std::string, known_gpu, std::less<>> known_;
};

} // namespace hive
