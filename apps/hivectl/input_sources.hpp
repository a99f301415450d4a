#pragma once

#include "actors/upgrade/verdict/document_inputs.hpp"
#include "apps/hivectl/context.hpp"

#include <caf/error.hpp>
#include <string>

namespace hive::ctl {

/// Offers what a node has of a verdict document's inputs. What it does not have is no error; see
/// document_inputs::faults.
caf::error offer_from_node(const client& node, document_inputs& inputs);

/// Offers the records in the JSON files of a directory, whatever their names; other files are named on standard error.
/// exit_status::file_failed when one cannot be read, ec::too_large for too many or too large ones.
caf::error offer_from_directory(const std::string& directory, document_inputs& inputs, const output& out);

/// Writes a document's inputs into a directory, which is made if it is missing: a file in canonical form for each, so
/// that its SHA-256 is the hash in the document. ec::already_exists when a file there holds something else.
caf::error write_inputs(const document_inputs& inputs, const std::string& directory);

} // namespace hive::ctl
