#include "actors/upgrade/verdict_event.hpp"

#include "messages/text.hpp"

namespace hive {
namespace {

/// A bound, since events are kept in memory; the answer has the full reason.
constexpr size_t max_reason_bytes = 1'000;

msg<wire::Event> to_event(wire::UpgradeCheck::Reader given) {
  return msg<wire::Event>::build([&](wire::Event::Builder out) {
    out.setKind(wire::EventKind::VERDICT);
    auto verdict = out.initVerdict();
    verdict.setOld(given.getOld());
    verdict.setNew(given.getNew());
    verdict.setPolicy(given.getPolicy());
    verdict.setVerdict(given.getVerdict());
    verdict.setReason(std::string{cut_text(as_view(given.getReason()), max_reason_bytes)});
    verdict.setCompared(given.getCompared());
    verdict.setRegressions(given.getRegressions().size());
  });
}

/// Identifies a question. Versions are ids, which contain no spaces.
std::string question_of(wire::UpgradeCheck::Reader given) {
  return std::string{as_view(given.getOld())} + " " + std::string{as_view(given.getNew())} + " " +
         std::to_string(static_cast<int>(given.getPolicy()));
}

} // namespace

std::optional<msg<wire::Event>> verdict_deduplicator::event_if_new(const msg<wire::UpgradeCheck>& given) {
  auto event = to_event(*given);
  auto question = question_of(*given);
  auto known = last_events_.find(question);
  if (known != last_events_.end() && known->second == event.bytes())
    return std::nullopt;
  if (known == last_events_.end() && last_events_.size() >= capacity_)
    last_events_.clear();
  last_events_[std::move(question)] = event.bytes();
  return event;
}

} // namespace hive
