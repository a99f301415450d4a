#pragma once

#include "gpu/ledger/device_account.hpp"

#include <array>
#include <optional>
#include <span>

namespace hive::gpu {

/// What placement has to know of a request; small, since thousands are looked at.
struct demand {
  mib vram = 0;
  uint32_t devices = 1;
  bool shared = false;
  bool timed = false;
};

inline demand demand_of(const lease_request& asked) {
  return {asked.vram, asked.devices, asked.shared, asked.timed};
}

/// Indices of devices.
struct device_set {
  std::array<uint8_t, max_gang> index{};
  uint32_t size = 0;

  std::span<const uint8_t> view() const {
    return {index.data(), size};
  }
  void push(size_t device) {
    index[size++] = static_cast<uint8_t>(device);
  }
  bool has(size_t device) const;
};

/// A lease that might be granted now.
struct trial {
  demand what;
  device_set where;
  instant free_by{0};
  instant loading_until{0};
};

/// Questions about where and when requests fit. All are answered for one moment. The devices of one request are of one
/// island.
class placement {
public:
  placement(std::span<const device_account> devices, instant now, instant host_free_by, const ledger_options& options)
      : devices_{devices}, now_{now}, host_free_by_{host_free_by}, options_{options} {
  }

  /// Whether the request can start now, and where: best fit, which is the device with the least memory left over.
  std::optional<device_set> place(const demand& what) const;

  /// The next best placement after those that were `refused`: a single device that is not among them, or, for more, the
  /// devices that `head` will not need first.
  std::optional<device_set> place_apart(const demand& what, const device_set& refused) const;

  /// When the request can start at the latest, if nothing but `with` is started before; nothing when too many devices
  /// are out. Every lease is taken to last as long as it may.
  std::optional<instant> latest_start(const demand& what, const trial* with = nullptr) const;

  /// The devices that it will have then.
  device_set needed_by(const demand& what) const;

  /// Whether the devices could ever satisfy it, if all leases were over.
  bool is_feasible(const demand& what) const;

  /// Charge of the request on the device.
  mib charge_on(const demand& what, size_t device) const {
    return what.shared ? what.vram : devices_[device].free();
  }

  /// Whether anything at all could start now.
  bool is_full() const;

private:
  struct needed {
    instant from;
    device_set devices;
  };

  bool fits(const demand& what, const device_account& device) const;
  std::optional<device_set> choose_gang(const demand& what, uint32_t island, const device_set& refused) const;
  std::optional<size_t> choose(const demand& what, std::optional<uint32_t> island, const device_set& taken,
                               const device_set& refused) const;
  std::optional<needed> find_needed(const demand& what, uint32_t island, const trial* with) const;
  uint32_t island_count() const;
  mib free_of(uint32_t island) const;
  std::optional<instant> available(const demand& what, size_t device, const trial* with) const;
  instant exclusive_from(size_t device, const trial* with) const;
  std::optional<instant> shared_from(mib vram, size_t device, const trial* with) const;

  std::span<const device_account> devices_;
  instant now_;
  instant host_free_by_; ///< when the timed lease in use ends at the latest; 0: there is none
  const ledger_options& options_;
};

} // namespace hive::gpu
