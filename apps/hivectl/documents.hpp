#pragma once

#include <caf/expected.hpp>
#include <map>
#include <string>
#include <string_view>

namespace hive::ctl {

/// The string members of a JSON object, for documents that hivectl does not validate: problem details (RFC 9457 allows
/// extra members) and files that the node validates. ec::malformed when `document` is not a JSON object.
caf::expected<std::map<std::string, std::string>> text_members(std::string_view document);

/// The JSON object with its string member `name` set to `value`, added if absent. ec::malformed when `document` is not
/// a JSON object.
caf::expected<std::string> with_member(std::string_view document, const std::string& name, const std::string& value);

} // namespace hive::ctl
