#include "platform/http_url.hpp"

#include "messages/ec.hpp"

#include <curl/curl.h>
#include <memory>

namespace hive::http {
namespace {

struct free_url {
  void operator()(CURLU* url) const {
    curl_url_cleanup(url);
  }
};

} // namespace

caf::error check_url(const std::string& url, url_user user) {
  // libcurl also accepts other protocols, and one to three slashes.
  auto slashes = url.find("://");
  auto scheme = url.substr(0, slashes);
  if (slashes == url.npos || (scheme != "http" && scheme != "https"))
    return fail(ec::invalid, "must start with http:// or https://");
  if (url.find('\0') != url.npos)
    return fail(ec::invalid, "must not hold NUL");
  std::unique_ptr<CURLU, free_url> parsed{curl_url()};
  unsigned flags = user == url_user::refused ? CURLU_DISALLOW_USER : 0;
  auto code = curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), flags);
  if (code == CURLUE_NO_HOST || url.substr(slashes + 3).starts_with('/'))
    return fail(ec::invalid, "names no host");
  if (code == CURLUE_USER_NOT_ALLOWED)
    return fail(ec::invalid, "must not hold a user name or password");
  if (code != CURLUE_OK)
    return fail(ec::invalid, std::string{"is no URL: "} + curl_url_strerror(code));
  return caf::none;
}

} // namespace hive::http
