#pragma once

#include "actors/upgrade/verdict/document_inputs.hpp"
#include "apps/hivectl/context.hpp"

#include <caf/error.hpp>
#include <functional>
#include <string>
#include <variant>

namespace hive::ctl {

/// Offers what a node has of a verdict document's inputs. What it does not have is no error; see
/// document_inputs::faults.
caf::error offer_from_node(const client& node, document_inputs& inputs);

/// An input of a check.
using input_record = std::variant<msg<wire::Snapshot>, msg<wire::PairedMeasurement>, msg<wire::MeasuredRound>>;

/// Gives `take` the records in the JSON files of a directory, whatever their names; other files are named on standard
/// error. exit_status::file_failed when one cannot be read, ec::too_large for too many or too large ones.
caf::error read_records(const std::string& directory, const output& out,
                        const std::function<void(const input_record&)>& take);

/// Likewise the verdict documents.
caf::error read_judgements(const std::string& directory, const output& out,
                           const std::function<void(const msg<wire::VerdictDocument>&)>& take);

/// Offers the records of a directory to anything that has `offer` for them.
template <class Inputs>
caf::error offer_from_directory(const std::string& directory, Inputs& inputs, const output& out) {
  return read_records(directory, out, [&](const input_record& record) {
    std::visit([&](const auto& each) { inputs.offer(each); }, record);
  });
}

/// Writes a document's inputs into a directory, which is made if it is missing: a file in canonical form for each, so
/// that its SHA-256 is the hash in the document. ec::already_exists when a file there holds something else.
caf::error write_inputs(const document_inputs& inputs, const std::string& directory);

} // namespace hive::ctl
