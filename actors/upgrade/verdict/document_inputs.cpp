#include "actors/upgrade/verdict/document_inputs.hpp"

#include "actors/upgrade/verdict/verdict_document.hpp"
#include "messages/text.hpp"

namespace hive {
namespace {

std::string text(capnp::Text::Reader from) {
  return std::string{as_view(from)};
}

std::string or_none(capnp::Text::Reader version) {
  return version.size() == 0 ? "none" : text(version);
}

} // namespace

document_inputs::document_inputs(msg<wire::VerdictDocument> document) : document_{std::move(document)} {
  want(document_->getOld());
  want(document_->getNew());
  if (document_->hasReference())
    want(document_->getReference());
  auto measurement = document_->getMeasurement();
  for (auto round : measurement.getRounds()) {
    round_places_.emplace(round_name{text(round.getAdapter()), round.getNumber()}, rounds_.size());
    rounds_.push_back({"round " + std::to_string(round.getNumber()) + " of " + text(round.getAdapter()) +
                         " in measurement " + text(measurement.getId()),
                       text(round.getSha256())});
  }
}

void document_inputs::want(wire::VersionInput::Reader input) {
  if (!input.hasSha256())
    return;
  auto name = "the snapshot of " + text(input.getVersion());
  if (input.getCapture() > 0)
    name += ", capture " + std::to_string(input.getCapture()) + ",";
  snapshots_.try_emplace({text(input.getVersion()), input.getCapture()},
                         wanted<wire::Snapshot>{name, text(input.getSha256())});
}

template <class T>
void document_inputs::take(wanted<T>& as, const msg<T>& record) {
  if (as.record)
    return;
  auto hash = hash_of(record);
  if (hash == as.sha256)
    as.record = record;
  else
    as.other_hash = hash;
}

void document_inputs::offer(const msg<wire::Snapshot>& snapshot) {
  auto place = snapshots_.find({text(snapshot->getVersion()), snapshot->getCaptureId()});
  if (place != snapshots_.end())
    take(place->second, snapshot);
}

void document_inputs::offer(const msg<wire::PairedMeasurement>& measurement) {
  if (document_->hasMeasurement() && measurement->getId() == document_->getMeasurement().getId())
    measurement_ = measurement;
}

void document_inputs::offer(const msg<wire::MeasuredRound>& round) {
  auto place = round_places_.find({text(round->getAdapter()), round->getNumber()});
  if (place != round_places_.end())
    take(rounds_[place->second], round);
}

uint32_t document_inputs::count() const {
  return static_cast<uint32_t>(snapshots_.size() + rounds_.size()) + (document_->hasMeasurement() ? 1 : 0);
}

template <class T>
void document_inputs::add_fault(const wanted<T>& input, std::vector<std::string>& out) {
  if (!input.record)
    out.push_back(input.name + (input.other_hash.empty()
                                  ? " is missing"
                                  : " has the hash " + input.other_hash + ", and the document names " + input.sha256));
}

/// The record changes while it is measured, so it has no hash; what a check reads of it is in the document.
std::string document_inputs::measurement_fault() const {
  if (!document_->hasMeasurement())
    return {};
  auto said = document_->getMeasurement();
  auto name = "measurement " + text(said.getId());
  if (!measurement_)
    return name + " is missing";
  auto query = document_->getQuery();
  auto request = (*measurement_)->getRequest();
  if (request.getOld() != query.getOld() || request.getNew() != query.getNew())
    return name + " is of " + text(request.getOld()) + " and " + text(request.getNew()) +
           ", not of the document's versions";
  if (request.getTrack() != query.getTrack())
    return name + " is of track " + text(request.getTrack()) + ", and the document's is " + text(query.getTrack());
  if (request.getLong() != said.getLong())
    return name + (said.getLong() ? " lacks" : " has") + " the looks for noisy metrics, unlike the document";
  auto reference = (*measurement_)->getReference();
  if (reference != said.getReference())
    return name + " has the reference " + or_none(reference) + ", and the document says " +
           or_none(said.getReference());
  return {};
}

/// A round says which version each run measured; the comparison goes by the sides.
std::string document_inputs::version_fault(const wanted<wire::MeasuredRound>& round) const {
  if (!round.record || !measurement_)
    return {};
  for (auto run : (*round.record)->getRuns())
    if (auto version = version_of(**measurement_, run.getSide()); text(run.getVersion()) != version)
      return round.name + " measured " + text(run.getVersion()) + " in place of " + version;
  return {};
}

std::vector<std::string> document_inputs::faults() const {
  std::vector<std::string> out;
  for (const auto& [name, snapshot] : snapshots_)
    add_fault(snapshot, out);
  if (auto fault = measurement_fault(); !fault.empty())
    out.push_back(std::move(fault));
  for (const auto& round : rounds_) {
    add_fault(round, out);
    if (auto fault = version_fault(round); !fault.empty())
      out.push_back(std::move(fault));
  }
  return out;
}

version_side document_inputs::side_of(wire::VersionInput::Reader input) const {
  version_side out;
  for (auto name : input.getSimilar())
    out.similar.push_back(text(name));
  auto place = snapshots_.find({text(input.getVersion()), input.getCapture()});
  if (input.hasSha256() && place != snapshots_.end())
    out.snapshot = place->second.record;
  return out;
}

check_inputs document_inputs::found() const {
  check_inputs out{side_of(document_->getOld()), side_of(document_->getNew())};
  if (document_->hasReference()) {
    out.reference = text(document_->getReference().getVersion());
    out.reference_side = side_of(document_->getReference());
  }
  out.measurement = measurement_;
  for (const auto& round : rounds_)
    if (round.record)
      out.rounds.push_back(*round.record);
  return out;
}

} // namespace hive
