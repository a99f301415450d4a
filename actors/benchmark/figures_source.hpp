#pragma once

#include "platform/work_limit.hpp"

#include <caf/expected.hpp>
#include <filesystem>
#include <string>
#include <string_view>

namespace hive {

/// http::check_url's error for `url`, prefixed with `option`. User names and passwords are not allowed.
caf::error check_url(std::string_view option, const std::string& url);

/// Fetches the document at `url`, at most defaults::max_document_bytes. Fails like http::fetch, and with
/// ec::unavailable for any status but 200; the texts name the URL.
caf::expected<std::string> fetch_document(const std::string& url, const work_limit& limit);

/// Reads the document from `file` or `url`, whichever is given.
caf::expected<std::string> read_document(const std::filesystem::path& file, const std::string& url,
                                         const work_limit& limit);

} // namespace hive
