#pragma once

#include <caf/error.hpp>
#include <string>

namespace hive::http {

/// Whether a URL may name a user or a password, which would end up in the texts of errors.
enum class url_user : bool { refused, allowed };

/// ec::invalid unless libcurl takes `url` and it starts with http:// or https:// and names a host. The text says what
/// is wrong as the rest of a sentence about the URL.
caf::error check_url(const std::string& url, url_user user);

} // namespace hive::http
