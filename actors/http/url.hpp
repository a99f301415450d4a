#pragma once

#include "actors/http/exchange.hpp"
#include "messages/json.hpp"

#include <optional>

namespace hive::http {

/// `text` with every %XX replaced by its byte. Nothing when a `%` is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text);

/// The segments between the slashes of an absolute path: "/a/b" → a, b; "/" → none. Still encoded; an empty segment
/// stays one, so that "/a/" is another path than "/a".
std::vector<std::string_view> split_path(std::string_view path);

/// Reads `a=1&b=2`, with `+` for a space as forms and most clients write it. At most `max_query_parameters`, in
/// the order given, names that come twice among them; on failure `why` says which one is wrong.
std::optional<std::vector<parameter>> parse_query(std::string_view query, json_error& why);

} // namespace hive::http
