#pragma once

#include "actors/hive/link/actor_allowlist.hpp"

#include <array>
#include <caf/error.hpp>
#include <cstdint>
#include <memory>
#include <string_view>

namespace hive {

/// Watches what comes over a connection after CAF got it. CAF makes room for frames of any length, delivers to any
/// actor that was ever told to any process, and passes messages on to other nodes; without this, an engine could tell a
/// node's services to exit. Pure but for the set of actors.
class frame_filter {
public:
  /// Without a set of actors, all are within reach.
  explicit frame_filter(std::shared_ptr<const actor_allowlist> allowlist) : allowlist_{std::move(allowlist)} {
  }

  /// The next bytes of the stream, however they are cut. ec::forbidden for a message to an actor out of reach or
  /// through this node, ec::too_large for a frame over defaults::max_frame_bytes, ec::malformed; then nothing
  /// more of the stream may be read.
  caf::error pass(std::string_view bytes);

private:
  caf::error judge() const;

  std::shared_ptr<const actor_allowlist> allowlist_;
  std::array<unsigned char, 32> header_{};
  size_t have_ = 0;           ///< bytes of the header
  uint32_t payload_left_ = 0; ///< bytes of the frame behind it
};

} // namespace hive
