#pragma once

#include <caf/error.hpp>
#include <span>
#include <string>
#include <string_view>

namespace hive {

/// Longest URL of a repository.
inline constexpr size_t max_fetch_url_bytes = 2'048;

/// Whether a text may be a URL prefix that allows fetching: `https://HOST[:PORT][/PATH]` or `file:///PATH`.
/// ec::invalid, which names the prefix.
caf::error check_fetch_prefix(std::string_view prefix);

/// Why a repository must not be fetched from `url`; none when it may. Reads the text alone, before any library does:
/// git and libgit2 take many more forms, and some of them run commands.
///
/// ec::invalid for anything but `https://HOST[:PORT]/PATH` and `file:///PATH`, with user names, `..` or escapes in it;
/// ec::forbidden when no prefix in `allowed` covers it. A prefix covers what continues it after a '/'.
caf::error check_fetch_url(std::string_view url, std::span<const std::string> allowed);

} // namespace hive
