#include "storage/measurement_store.hpp"

#include "messages/text.hpp"

#include <charconv>

namespace hive {

std::string measurement_id(measurement_number number) {
  return "m" + std::to_string(number.value);
}

std::optional<measurement_number> number_of_measurement(std::string_view id) {
  measurement_number out;
  if (!id.starts_with('m'))
    return std::nullopt;
  auto [end, error] = std::from_chars(id.data() + 1, id.data() + id.size(), out.value);
  if (error != std::errc{} || end != id.data() + id.size() || measurement_id(out) != id)
    return std::nullopt;
  return out;
}

caf::expected<std::optional<msg<wire::PairedMeasurement>>> measurement_store::find(measurement_number number) const {
  return db_.get_msg<wire::PairedMeasurement>(column::snapshots, keys::measurement(number.value));
}

caf::error
measurement_store::visit(measurement_number before,
                         const std::function<database::scan(const msg<wire::PairedMeasurement>&)>& visit_one) const {
  caf::error damage;
  auto prefix = keys::measurements();
  auto end = before.value == 0 ? keys::after_prefix(prefix).value_or(std::string{}) : keys::measurement(before.value);
  auto unreadable = db_.visit_back(column::snapshots, prefix, end, [&](auto key, auto value) {
    auto found = database::load_stored<wire::PairedMeasurement>(column::snapshots, key, value);
    if (found)
      return visit_one(*found);
    damage = found.error();
    return database::scan::stop;
  });
  return unreadable ? unreadable : damage;
}

caf::error
measurement_store::visit_rounds(measurement_number number, std::string_view adapter,
                                const std::function<database::scan(const msg<wire::MeasuredRound>&)>& visit_one) const {
  caf::error damage;
  auto prefix = adapter.empty() ? keys::measured_rounds(number.value) : keys::measured_rounds_of(number.value, adapter);
  auto unreadable = db_.visit(column::snapshots, prefix, prefix, [&](auto key, auto value) {
    auto found = database::load_stored<wire::MeasuredRound>(column::snapshots, key, value);
    if (found)
      return visit_one(*found);
    damage = found.error();
    return database::scan::stop;
  });
  return unreadable ? unreadable : damage;
}

void measurement_store::put(write_set& writes, const msg<wire::PairedMeasurement>& measurement) {
  if (auto number = number_of_measurement(as_view(measurement->getId())))
    writes.put(column::snapshots, keys::measurement(number->value), measurement.bytes());
}

void measurement_store::put_round(write_set& writes, measurement_number number, const msg<wire::MeasuredRound>& round) {
  writes.put(column::snapshots, keys::measured_round(number.value, as_view(round->getAdapter()), round->getNumber()),
             round.bytes());
}

void measurement_store::erase(write_set& writes, measurement_number number) {
  writes.erase(column::snapshots, keys::measurement(number.value));
  auto rounds = keys::measured_rounds(number.value);
  writes.erase_range(column::snapshots, rounds, keys::after_prefix(rounds).value_or(std::string{}));
}

caf::expected<std::optional<msg<wire::Reference>>> reference_store::find(std::string_view track) const {
  return db_.get_msg<wire::Reference>(column::snapshots, keys::reference(track));
}

caf::expected<std::vector<msg<wire::Reference>>> reference_store::all() const {
  std::vector<msg<wire::Reference>> out;
  caf::error damage;
  auto prefix = keys::references();
  auto unreadable = db_.visit(column::snapshots, prefix, prefix, [&](auto key, auto value) {
    auto found = database::load_stored<wire::Reference>(column::snapshots, key, value);
    if (!found) {
      damage = found.error();
      return database::scan::stop;
    }
    out.push_back(std::move(*found));
    return database::scan::next;
  });
  if (unreadable || damage)
    return unreadable ? unreadable : damage;
  return out;
}

void reference_store::put(write_set& writes, const msg<wire::Reference>& reference) {
  writes.put(column::snapshots, keys::reference(as_view(reference->getTrack())), reference.bytes());
}

} // namespace hive
