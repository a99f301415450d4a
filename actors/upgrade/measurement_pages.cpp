#include "actors/upgrade/measurement_pages.hpp"

#include "actors/upgrade/measurement_record.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"

#include <optional>
#include <vector>

namespace hive {
namespace {

/// Collects the entries of a page, and whether there are more.
template <class Record>
struct page_reader {
  size_t limit;
  size_t skipped = 0; ///< entries before the page that are still to come
  std::vector<Record> page = {};
  bool more = false;

  database::scan add(const Record& each) {
    if (skipped > 0) {
      --skipped;
      return database::scan::next;
    }
    more = page.size() == limit;
    if (!more)
      page.push_back(each);
    return more ? database::scan::stop : database::scan::next;
  }
};

} // namespace

caf::expected<msg<wire::PairedMeasurement>> find_measurement(const measurement_store& store, std::string_view id) {
  auto number = number_of_measurement(id);
  auto found = number ? store.find(*number) : std::optional<msg<wire::PairedMeasurement>>{};
  if (!found)
    return found.error();
  if (!*found)
    return fail(ec::not_found, "there is no measurement " + std::string{id});
  return **found;
}

caf::expected<msg<wire::MeasurementList>> list_measurements(const measurement_store& store,
                                                            wire::MeasurementListQuery::Reader query) {
  measurement_number before;
  if (auto after = as_view(query.getAfter()); !after.empty()) {
    auto number = number_of_measurement(after);
    if (!number || number->value == 0)
      return fail(ec::invalid, "/after: " + std::string{after} + " is no id of a measurement");
    before = *number;
  }
  page_reader<msg<wire::PairedMeasurement>> read{query.getLimit()};
  if (auto damage = store.visit(before, [&](const auto& each) { return read.add(each); }))
    return damage;
  return msg<wire::MeasurementList>::build([&](wire::MeasurementList::Builder out) {
    auto lines = out.initMeasurements(static_cast<uint32_t>(read.page.size()));
    for (uint32_t i = 0; i < lines.size(); ++i)
      measurement_record::fill(lines[i], *read.page[i]);
    if (read.more)
      out.setNext(read.page.back()->getId());
  });
}

caf::expected<msg<wire::RoundList>> list_rounds(const measurement_store& store, wire::RoundQuery::Reader query) {
  if (auto found = find_measurement(store, as_view(query.getId())); !found)
    return found.error();
  page_reader<msg<wire::MeasuredRound>> read{query.getLimit(), query.getAfter()};
  auto damage = store.visit_rounds(*number_of_measurement(as_view(query.getId())), as_view(query.getAdapter()),
                                   [&](const auto& round) { return read.add(round); });
  if (damage)
    return damage;
  return msg<wire::RoundList>::build([&](wire::RoundList::Builder out) {
    auto rounds = out.initRounds(static_cast<uint32_t>(read.page.size()));
    for (uint32_t i = 0; i < rounds.size(); ++i)
      rounds.setWithCaveats(i, *read.page[i]);
    if (read.more)
      out.setNext(query.getAfter() + static_cast<uint32_t>(read.page.size()));
  });
}

} // namespace hive
