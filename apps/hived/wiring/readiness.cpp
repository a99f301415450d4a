#include "apps/hived/wiring/readiness.hpp"

#include "messages/ec.hpp"

namespace hive {
namespace {

/// The node is not ready while a write has been in flight for longer: a healthy disk takes milliseconds, a busy one
/// less than a second.
constexpr std::chrono::seconds stalled_disk{5};

} // namespace

std::string why_not_ready(const node_context& node) {
  if (auto now = node.status->get(); now != "ok")
    return now;
  if (auto age = node.db->progress()->age(); age > stalled_disk)
    return "the disk has not confirmed a write for " + std::to_string(age / std::chrono::seconds{1}) + " s";
  auto full = node.db->check_room();
  return full ? text_of(full) : std::string{};
}

} // namespace hive
