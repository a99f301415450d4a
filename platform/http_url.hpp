#pragma once

#include <caf/error.hpp>
#include <string>

namespace hive::http {

/// Whether a URL may contain user name and password, which would appear in error texts.
enum class url_user : bool { refused, allowed };

/// Fails with ec::invalid unless `url` starts with http:// or https://, names a host, and libcurl accepts it. The error
/// text completes a sentence whose subject is the URL.
caf::error check_url(const std::string& url, url_user user);

} // namespace hive::http
