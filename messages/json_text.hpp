#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hive::detail {

/// Cap'n Proto's JSON reader misreads \uXXXX, takes raw control characters and numbers such as `1.`. This goes over a
/// document before it: \uXXXX becomes the character it means, and what RFC 8259 does not allow inside strings and
/// numbers is refused. Returns what to give to the reader, which is `text` itself where nothing had to be replaced and
/// otherwise lies in `scratch`; nothing on failure, with the reason in `why`.
std::optional<std::string_view> tidy_json(std::string_view text, std::string& scratch, std::string& why);

} // namespace hive::detail
