#pragma once

#include "messages/gpu.capnp.h"
#include "messages/ids.hpp"
#include "messages/msg.hpp"

#include <caf/error.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace hive {

/// A GPU of a lease.
struct leased_gpu {
  std::string uuid;
  std::string name;
  uint64_t vram_mib = 0;     ///< leased on it
  int32_t minor_number = -1; ///< N in /dev/nvidiaN of its node; -1 when unknown
  bool simulated = false;    ///< configured on its node, not present
};

/// GPU memory that this engine has until this object ends, which gives it back. It is renewed in the background, and
/// ends with the connection over which it was taken. Must end before its engine. Thread-safe, but for moving.
class gpu_lease {
public:
  gpu_lease(gpu_lease&&) noexcept;
  gpu_lease& operator=(gpu_lease&&) noexcept;
  ~gpu_lease();

  const std::string& id() const;
  /// Proves that this engine has it. Programs that use the memory on the node's machine are started with it in their
  /// environment, so that the node knows whose memory they use; see `environment`.
  const std::string& token() const;
  const node_id& node() const;
  const std::vector<leased_gpu>& devices() const;
  /// As it was when it was granted.
  const msg<wire::Lease>& record() const;
  /// For a program that uses it: CUDA_VISIBLE_DEVICES, HIVE_LEASE_ID, HIVE_LEASE_TOKEN and HIVE_LEASE_VRAM_MIB.
  std::vector<std::pair<std::string, std::string>> environment() const;

  /// Says that loading is over: the next shared lease of the device may start. Errors as for `engine::lease`.
  caf::error ready();

  /// Whether it must not be used any more. A lease that is being revoked is to be given back at once: after some
  /// seconds the node kills the programs that use it.
  bool is_lost() const;
  /// Empty while it may be used.
  std::string why_lost() const;

  /// Gives it back, and answers when that is durable. No error when it has ended already.
  caf::error release();

  struct impl;
  explicit gpu_lease(std::unique_ptr<impl> state); ///< internal: for `engine::lease`

private:
  std::unique_ptr<impl> impl_;
};

} // namespace hive
