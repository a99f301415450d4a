#pragma once

#include "actors/upgrade/verdict/document_inputs.hpp"
#include "messages/verdict.capnp.h"

#include <string_view>

namespace hive {

/// Whether the document, which was read from `text`, is what its inputs give, to the byte.
msg<wire::DocumentVerification> verify_document(std::string_view text, const document_inputs& inputs);

} // namespace hive
