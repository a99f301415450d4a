#pragma once

#include "actors/upgrade/verdict/version_comparison.hpp"
#include "messages/verdict.capnp.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hive {

/// The inputs that a verdict document names, as they are found again. Pure: it is offered records, from wherever, and
/// keeps those that are named and have the hash that the document gives.
class document_inputs {
public:
  explicit document_inputs(msg<wire::VerdictDocument> document);

  void offer(const msg<wire::Snapshot>& snapshot);
  void offer(const msg<wire::PairedMeasurement>& measurement);
  void offer(const msg<wire::MeasuredRound>& round);

  /// Number of inputs that the document names.
  uint32_t count() const;

  /// What is missing, has another hash, or is not what the document says of it; one sentence each. Empty: all is there.
  std::vector<std::string> faults() const;

  /// What a check judges by; whole without faults.
  check_inputs found() const;

  const msg<wire::VerdictDocument>& document() const {
    return document_;
  }

private:
  template <class T>
  struct wanted {
    std::string name; ///< for people
    std::string sha256;
    std::optional<msg<T>> record = {};
    std::string other_hash = {}; ///< of a record with this name, if the right one was not offered
  };
  using snapshot_name = std::pair<std::string, uint64_t>; ///< version and capture
  using round_name = std::pair<std::string, uint32_t>;    ///< adapter and number

  void want(wire::VersionInput::Reader input);
  template <class T>
  static void take(wanted<T>& as, const msg<T>& record);
  template <class T>
  static void add_fault(const wanted<T>& input, std::vector<std::string>& out);
  version_side side_of(wire::VersionInput::Reader input) const;
  std::string measurement_fault() const;
  std::string version_fault(const wanted<wire::MeasuredRound>& round) const;

  msg<wire::VerdictDocument> document_;
  std::map<snapshot_name, wanted<wire::Snapshot>> snapshots_;
  std::optional<msg<wire::PairedMeasurement>> measurement_;
  std::vector<wanted<wire::MeasuredRound>> rounds_; ///< in the document's order
  std::map<round_name, size_t> round_places_;
};

} // namespace hive
