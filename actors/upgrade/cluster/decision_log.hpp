#pragma once

#include "actors/upgrade/gate/statement.hpp"
#include "messages/gate_record.capnp.h"
#include "storage/gate_store.hpp"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hive {

/// Sealed values that are kept of a track. The newest proposal is always kept whole.
inline constexpr size_t kept_decisions = 1'000;

/// A sealed value, without its evidence.
struct logged_decision {
  uint8_t track = 0;
  uint64_t position = 0;
  wire::GateValueKind kind{};
  uint8_t stage = 0;
  gate::digest hash{};
  std::string proposal; ///< id as hex; empty: the value is about the members
  std::string from, to; ///< its versions
  std::string decision; ///< hash of the value that approved it, in hex; empty: none did before this one
  int64_t learned_at = 0;
  int64_t announced_at = 0;
};

/// What was sealed on the tracks of this node, as far as it learned of it and keeps it. In memory without evidence,
/// which is on disk.
class decision_log {
public:
  explicit decision_log(gate_store store) : store_{std::move(store)} {
  }

  /// Reads what is stored of a track. Fails with ec::corrupt.
  caf::error restore(uint8_t track);

  /// Adds a value, if it is not there; the writes make that durable and forget what is too old. Until it is `stored`,
  /// the log holds it itself.
  void add(const gate::sealed_value& sealed, int64_t learned_at, int64_t announced_at, write_set& writes);
  void stored(const gate::sealed_value& sealed);

  /// The value with its evidence and certificate, whose signatures were checked before. Fails with ec::corrupt.
  caf::expected<gate::sealed_value> load(const logged_decision& entry) const;

  /// The values of a proposal, the oldest first.
  std::vector<logged_decision> of(const std::string& proposal) const;
  bool contains(uint8_t track, uint64_t position) const;

  /// Ids of proposals, the one whose newest value was learned last first.
  std::vector<std::string> proposals() const;

private:
  const gate_store store_;
  std::array<std::map<uint64_t, logged_decision>, gate::max_tracks> tracks_;
  std::map<std::pair<uint8_t, uint64_t>, gate::sealed_value> fresh_; ///< by track and position: not stored yet
};

/// What the log has of a value.
logged_decision summary_of(const gate::proposed_value& value);

/// The node of a stored statement, without checking its signature.
std::optional<node_id> trusted_origin(wire::StoredSlot::Reader slot);

} // namespace hive
