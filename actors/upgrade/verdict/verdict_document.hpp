#pragma once

#include "actors/upgrade/verdict/version_comparison.hpp"
#include "messages/verdict.capnp.h"

#include <caf/expected.hpp>
#include <string>
#include <string_view>

namespace hive {

/// Characters of a document at most, as it is read.
inline constexpr size_t max_document_bytes = size_t{64} << 20;

/// The hash of a message's canonical form, as hex of SHA-256: `sha256sum` of the file gives the same.
std::string hash_of(const msg<wire::Snapshot>& snapshot);
std::string hash_of(const msg<wire::MeasuredRound>& round);
std::string hash_of(const msg<wire::VerdictDocument>& document);

/// The document of a check, with the newest algorithm. Its canonical form is what is kept and sent. ec::too_large when
/// the document is larger than anybody reads.
caf::expected<msg<wire::VerdictDocument>> make_document(wire::UpgradeQuery::Reader query, const check_inputs& inputs,
                                                        configured_rules rules = {});

/// Reads a document that may come from anywhere. ec::unsupported for one of another version of the algorithm, with the
/// known versions; ec::malformed, ec::invalid or ec::too_large for one that is none.
caf::expected<msg<wire::VerdictDocument>> read_document(std::string_view text);

/// Computes a document's content anew from the same inputs, with its parameters and by the algorithm that it names.
/// Fails like `make_document`.
caf::expected<msg<wire::VerdictDocument>> recompute(wire::VerdictDocument::Reader document, const check_inputs& inputs);

} // namespace hive
