#pragma once

#include "actors/http/exchange.hpp"
#include "messages/json.hpp"

#include <optional>

namespace hive::http {

/// Replaces each %XX by its byte. Nothing when a `%` is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text);

/// The segments between the slashes of an absolute path: "/a/b" → a, b; "/" → none. Still encoded. Empty segments are
/// kept, so that "/a/" differs from "/a".
std::vector<std::string_view> split_path(std::string_view path);

/// Parses `a=1&b=2`, with `+` for a space as written by forms and most clients. At most `max_query_parameters`, in
/// order, including duplicates; on failure `why` says which one is wrong.
std::optional<std::vector<parameter>> parse_query(std::string_view query, json_error& why);

} // namespace hive::http
