#include "actors/upgrade/verdict/verdict_document.hpp"

#include "actors/upgrade/verdict/document_rules.hpp"
#include "analysis/sequential_gate.hpp"
#include "messages/canonical_json.hpp"
#include "messages/json_text.hpp"
#include "messages/text.hpp"
#include "platform/hex.hpp"
#include "platform/sha256.hpp"

#include <algorithm>
#include <array>
#include <capnp/message.h>
#include <set>

namespace hive {
namespace {

/// The versions of the algorithm that can be computed. A new one keeps the code of the old ones, behind `recompute`:
/// documents outlive releases. The words of reasons and explanations are part of a version.
constexpr std::array<uint32_t, 1> known_algorithms{1};
static_assert(known_algorithms.back() == analysis::gate_version);

template <class T>
std::string hash_of_canonical(const msg<T>& message) {
  return to_hex(sha256(to_canonical_json(message)));
}

bool is_statistical(wire::UpgradeQuery::Reader query) {
  return query.getPolicy() == wire::Policy::STATISTICAL;
}

// -- writing ---------------------------------------------------------------------------

/// Only what the policy uses, so that two spellings of a query give one document.
void write(wire::UpgradeQuery::Reader query, wire::UpgradeQuery::Builder out) {
  out.setOld(query.getOld());
  out.setNew(query.getNew());
  out.setPolicy(query.getPolicy());
  out.setOrder(query.getOrder());
  if (is_statistical(query))
    out.setTrack(query.getTrack());
}

void write(std::string_view version, const version_side& side, wire::VersionInput::Builder out) {
  out.setVersion(std::string{version});
  if (side.snapshot) {
    out.setVersion((*side.snapshot)->getVersion());
    out.setCapture((*side.snapshot)->getCaptureId());
    out.setSha256(hash_of(*side.snapshot));
  }
  if (side.similar.empty())
    return;
  auto similar = out.initSimilar(static_cast<uint32_t>(side.similar.size()));
  for (uint32_t i = 0; i < similar.size(); ++i)
    similar.set(i, side.similar[i]);
}

void write(const check_inputs& inputs, wire::MeasurementInput::Builder out) {
  const auto& measurement = **inputs.measurement;
  out.setId(measurement.getId());
  out.setLong(measurement.getRequest().getLong());
  if (measurement.hasReference())
    out.setReference(measurement.getReference());
  auto rounds = out.initRounds(static_cast<uint32_t>(inputs.rounds.size()));
  for (uint32_t i = 0; i < rounds.size(); ++i) {
    rounds[i].setAdapter(inputs.rounds[i]->getAdapter());
    rounds[i].setNumber(inputs.rounds[i]->getNumber());
    rounds[i].setSha256(hash_of(inputs.rounds[i]));
  }
}

void write(std::span<const analysis::look> looks, capnp::List<wire::Look>::Builder out) {
  for (uint32_t i = 0; i < out.size(); ++i) {
    out[i].setPairs(looks[i].pairs);
    out[i].setLevel(looks[i].level);
  }
}

void write_inputs(wire::UpgradeQuery::Reader query, const check_inputs& inputs, wire::VerdictDocument::Builder out) {
  write(query, out.initQuery());
  write(as_view(query.getOld()), inputs.old_side, out.initOld());
  write(as_view(query.getNew()), inputs.new_side, out.initNew());
  if (!is_statistical(query))
    return;
  if (!inputs.reference.empty())
    write(inputs.reference, inputs.reference_side, out.initReference());
  if (inputs.measurement)
    write(inputs, out.initMeasurement());
}

void write_parameters(const version_comparison& compared, wire::Policy policy, configured_rules rules,
                      wire::VerdictDocument::Builder out) {
  if (policy == wire::Policy::STATISTICAL) {
    auto looks = analysis::looks_of(compared.plan());
    write(looks, out.initLooks(static_cast<uint32_t>(looks.size())));
  } else {
    out.setShare(analysis::regression_share);
  }
  if (policy != wire::Policy::THRESHOLD)
    write_configured(rules, out);
  write_rules(compared, policy, out);
}

// -- reading ---------------------------------------------------------------------------

std::string known_versions() {
  std::string out;
  for (auto version : known_algorithms)
    out += (out.empty() ? "" : ", ") + std::to_string(version);
  return out;
}

/// Before all else, since a document of a later version may hold what is unknown here.
caf::error check_version(std::string_view text) {
  capnp::MallocMessageBuilder scratch;
  auto members = parse_json_object(text, scratch);
  if (!members)
    return members.error();
  for (auto member : *members) {
    if (member.getName() != "algorithm" || !member.getValue().isNumber())
      continue;
    auto version = member.getValue().getNumber();
    if (std::ranges::find(known_algorithms, version) != known_algorithms.end())
      return caf::none;
    return fail(ec::unsupported, "its algorithm has version " + std::string{kj::str(version).cStr()} +
                                   ", and the known versions are " + known_versions());
  }
  return fail(ec::invalid, "it is no verdict document: it names no version of an algorithm");
}

/// A round that is named twice would count twice, and one that is left out would not count.
caf::error check_rounds(wire::MeasurementInput::Reader measurement) {
  std::set<std::string_view> adapters;
  std::string_view adapter;
  uint32_t number = 0;
  for (auto round : measurement.getRounds()) {
    auto next = as_view(round.getAdapter());
    bool begins = next != adapter;
    number = begins ? 1 : number + 1;
    adapter = next;
    if ((begins && !adapters.insert(next).second) || round.getNumber() != number)
      return fail(ec::invalid,
                  "/measurement/rounds must hold the rounds of each adapter once, from 1 and in order, and "
                  "has another one where round " +
                    std::to_string(number) + " of " + std::string{next} + " belongs");
  }
  return caf::none;
}

caf::error check_content(wire::VerdictDocument::Reader document) {
  auto query = document.getQuery();
  if (document.getOld().getVersion() != query.getOld())
    return fail(ec::invalid, "/old/version must be that of /query/old");
  if (document.getNew().getVersion() != query.getNew())
    return fail(ec::invalid, "/new/version must be that of /query/new");
  return check_rounds(document.getMeasurement());
}

} // namespace

std::string hash_of(const msg<wire::Snapshot>& snapshot) {
  return hash_of_canonical(snapshot);
}

std::string hash_of(const msg<wire::MeasuredRound>& round) {
  return hash_of_canonical(round);
}

std::string hash_of(const msg<wire::VerdictDocument>& document) {
  return hash_of_canonical(document);
}

caf::expected<msg<wire::VerdictDocument>> make_document(wire::UpgradeQuery::Reader query, const check_inputs& inputs,
                                                        configured_rules rules) {
  version_comparison compared{query, inputs, rules};
  auto result = compared.answer();
  capnp::MallocMessageBuilder scratch{detail::first_segment_words +
                                      static_cast<uint32_t>(result.bytes().size() / sizeof(capnp::word))};
  auto out = scratch.initRoot<wire::VerdictDocument>();
  out.setAlgorithm(known_algorithms.back());
  write_inputs(query, inputs, out);
  write_parameters(compared, query.getPolicy(), rules, out);
  out.setResult(*result);
  auto made = msg<wire::VerdictDocument>::adopt(scratch);
  // What nobody could read back is no document.
  if (auto read = read_document(to_canonical_json(made)); !read)
    return fail(code_of(read.error()), "the check has no document: " + text_of(read.error()));
  return made;
}

caf::expected<msg<wire::VerdictDocument>> read_document(std::string_view text) {
  if (text.size() > max_document_bytes)
    return fail(ec::too_large, "a document has at most " + std::to_string(max_document_bytes) + " bytes");
  if (auto error = check_version(text))
    return error;
  auto read = from_json<wire::VerdictDocument>(text);
  if (!read)
    return read.error();
  if (read->bytes().size() > max_bytes_of(capnp::Schema::from<wire::VerdictDocument>()))
    return fail(ec::too_large, "the document holds more than any check");
  if (auto error = check_content(**read))
    return error;
  return read;
}

caf::expected<msg<wire::VerdictDocument>> recompute(wire::VerdictDocument::Reader document,
                                                    const check_inputs& inputs) {
  return make_document(document.getQuery(), inputs, read_configured(document));
}

} // namespace hive
