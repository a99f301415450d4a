#pragma once

#include "actors/hive/link/actor_allowlist.hpp"

#include <array>
#include <caf/error.hpp>
#include <cstdint>
#include <memory>
#include <string_view>

namespace hive {

/// Checks the incoming bytes of a connection that CAF handles. CAF itself allocates frames of any length, delivers to
/// any actor whose handle ever left the process, and forwards messages to other nodes: without this filter an engine
/// could send exit messages to the services of a node. Pure except for the allowlist.
class frame_filter {
public:
  /// Without an allowlist, all actors may be addressed.
  explicit frame_filter(std::shared_ptr<const actor_allowlist> allowlist) : allowlist_{std::move(allowlist)} {
  }

  /// Takes the next bytes of the stream, split anywhere. Fails with ec::forbidden for a message that is addressed to an
  /// actor off the allowlist or routed through this node, with ec::too_large for a frame over
  /// defaults::max_frame_bytes, and with ec::malformed. After an error, no more of the stream may be read.
  caf::error pass(std::string_view bytes);

private:
  caf::error judge() const;

  std::shared_ptr<const actor_allowlist> allowlist_;
  std::array<unsigned char, 32> header_{};
  size_t have_ = 0;           ///< header bytes received so far
  uint32_t payload_left_ = 0; ///< payload bytes still to skip
};

} // namespace hive
