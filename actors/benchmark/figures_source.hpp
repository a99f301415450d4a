#pragma once

#include "platform/work_limit.hpp"

#include <caf/expected.hpp>
#include <filesystem>
#include <string>
#include <string_view>

namespace hive {

/// What http::check_url says against `url`, naming `option`. No user name or password is allowed.
caf::error check_url(std::string_view option, const std::string& url);

/// The document at `url`, at most defaults::max_document_bytes. Fails as http::fetch does, and with ec::unavailable for
/// any status but 200; the texts name the URL.
caf::expected<std::string> fetch_document(const std::string& url, const work_limit& limit);

/// The document of whichever is given, `file` or `url`.
caf::expected<std::string> read_document(const std::filesystem::path& file, const std::string& url,
                                         const work_limit& limit);

/// What an answer with an unexpected status says, shortened and printable, for an error text.
std::string describe_status(int status, std::string_view body);

} // namespace hive
