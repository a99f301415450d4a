#pragma once

#include "gpu/ledger/device_account.hpp"

#include <array>
#include <bitset>
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

/// Indices of the devices of a lease.
struct device_set {
  std::array<uint8_t, max_gang> index{};
  uint32_t size = 0;

  std::span<const uint8_t> view() const {
    return {index.data(), size};
  }
  void push(size_t device) {
    index[size++] = static_cast<uint8_t>(device);
  }
};

/// Some of all devices.
using device_mask = std::bitset<max_devices>;

/// A lease that might be granted now.
struct trial {
  demand what;
  instant free_by{0};
  instant loading_until{0};
};

/// Questions about where and when requests fit, for one moment. What a pass over the queue asks again and again is
/// found out once: a new placement is needed when a device changes. The devices of one request are of one island.
class placement {
public:
  placement(std::span<const device_account> devices, instant now, instant host_free_by, const ledger_options& options);

  /// Whether the request can start now, and where: best fit, which is the device with the least memory left over.
  std::optional<device_set> place(const demand& what) const {
    return place_apart(what, {});
  }

  /// The same for a lease beside a promise that must be kept. Where the best fit is in its way, one device after the
  /// other is tried; a gang is tried once more, on devices that are not needed first.
  std::optional<device_set> place_beside(const trial& lease) const;

  /// When the request can start at the latest, if nothing is started before; nothing when too many devices are out.
  /// Every lease is taken to last as long as it may.
  std::optional<instant> latest_start(const demand& what) const;

  /// From now on, this request has to be able to start at this moment.
  void keep(const demand& head, instant promise);

  /// Whether the devices could ever satisfy it, if all leases were over.
  bool is_feasible(const demand& what) const;

  /// Charge of the request on the device.
  mib charge_on(const demand& what, size_t device) const {
    return what.shared ? what.vram : devices_[device].free();
  }

  /// Whether nothing at all can start now.
  bool is_full() const {
    return !all_.has_any();
  }

private:
  /// What a device can take now.
  struct spot {
    mib free;
    uint16_t island; ///< numbered from 0
    bool is_idle;    ///< for an exclusive lease
    bool is_open;    ///< for a shared one
  };

  /// What some devices can take together, to turn down most requests at once.
  struct room {
    size_t idle = 0;
    mib most_shared = 0; ///< on one device

    void add(const spot& device);
    bool has_any() const {
      return idle > 0 || most_shared > 0;
    }
    bool could_fit(const demand& what) const {
      return what.shared ? most_shared >= what.vram : idle >= what.devices;
    }
  };

  struct kept_promise {
    demand head;
    instant at{0};
    device_mask in_time;                     ///< devices that the head can have by then
    std::array<uint32_t, max_devices> count; ///< of them, by island
    device_mask needed;                      ///< each of them is needed for that
    room spare;                              ///< of the other devices
  };

  bool fits(const demand& what, const spot& device) const;
  uint16_t number_of_island(size_t device);
  std::optional<device_set> place_apart(const demand& what, const device_mask& refused) const;
  std::optional<device_set> place_one(const demand& what, const device_mask& refused) const;
  std::optional<device_set> place_gang(const demand& what, size_t island, const device_mask& refused) const;
  bool keeps_promise(const trial& lease, const device_set& where) const;
  std::optional<instant> available(const demand& what, size_t device, const trial* with) const;
  instant exclusive_from(size_t device, const trial* with) const;
  std::optional<instant> shared_from(mib vram, size_t device, const trial* with) const;

  std::span<const device_account> devices_;
  instant now_;
  instant host_free_by_; ///< when the timed lease in use ends at the latest; 0: there is none
  const ledger_options* options_;
  std::array<spot, max_devices> spots_;            ///< as many as there are devices
  std::array<mib, max_devices> free_of_island_;    ///< as many as there are islands
  std::array<uint32_t, max_devices> island_names_; ///< likewise
  size_t island_count_ = 0;
  room all_;
  std::optional<kept_promise> promise_;
};

} // namespace hive::gpu
