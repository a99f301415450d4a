#include "storage/lease_store.hpp"

#include "storage/keys.hpp"

#include <charconv>

namespace hive {
namespace {

constexpr int count_bits = 32;
constexpr uint64_t count_mask = (uint64_t{1} << count_bits) - 1;

} // namespace

std::string to_text(lease_id id) {
  return std::to_string(id.value >> count_bits) + '-' + std::to_string(id.value & count_mask);
}

std::optional<lease_id> lease_id_of(std::string_view text) {
  auto dash = text.find('-');
  if (dash == std::string_view::npos)
    return std::nullopt;
  auto number = [](std::string_view digits, uint64_t& out) {
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return error == std::errc{} && end == digits.data() + digits.size() && out <= count_mask;
  };
  uint64_t epoch = 0;
  uint64_t count = 0;
  if (!number(text.substr(0, dash), epoch) || !number(text.substr(dash + 1), count))
    return std::nullopt;
  lease_id out{epoch << count_bits | count};
  return to_text(out) == text ? std::optional{out} : std::nullopt;
}

caf::expected<std::vector<msg<wire::Lease>>> lease_store::open() const {
  std::vector<msg<wire::Lease>> out;
  caf::error damage;
  auto prefix = keys::open_leases();
  auto unreadable = db_.visit(column::leases, prefix, prefix, [&](auto key, auto value) {
    auto lease = database::load_stored<wire::Lease>(column::leases, key, value);
    if (!lease) {
      damage = lease.error();
      return database::scan::stop;
    }
    out.push_back(std::move(*lease));
    return database::scan::next;
  });
  if (unreadable || damage)
    return unreadable ? unreadable : damage;
  return out;
}

caf::error lease_store::visit_ended(lease_id before,
                                    const std::function<database::scan(const msg<wire::Lease>&)>& visit) const {
  caf::error damage;
  auto prefix = keys::ended_leases();
  auto end = before.value == 0 ? keys::after_prefix(prefix).value_or(std::string{}) : keys::ended_lease(before.value);
  auto unreadable = db_.visit_back(column::leases, prefix, end, [&](auto key, auto value) {
    auto lease = database::load_stored<wire::Lease>(column::leases, key, value);
    if (lease)
      return visit(*lease);
    damage = lease.error();
    return database::scan::stop;
  });
  return unreadable ? unreadable : damage;
}

caf::expected<std::optional<msg<wire::Lease>>> lease_store::find_ended(lease_id id) const {
  return db_.get_msg<wire::Lease>(column::leases, keys::ended_lease(id.value));
}

void lease_store::put(write_set& writes, lease_id id, const msg<wire::Lease>& lease) {
  if (lease->getState() != wire::LeaseState::ENDED)
    return writes.put(column::leases, keys::open_lease(id.value), lease.bytes());
  writes.erase(column::leases, keys::open_lease(id.value));
  writes.put(column::leases, keys::ended_lease(id.value), lease.bytes());
}

void lease_store::forget_before(write_set& writes, lease_id id) {
  writes.erase_range(column::leases, keys::ended_leases(), keys::ended_lease(id.value));
}

} // namespace hive
