#include "actors/benchmark/figures_source.hpp"

#include "actors/defaults.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "platform/http_client.hpp"
#include "platform/read_file.hpp"

namespace hive {

caf::error check_url(std::string_view option, std::string_view url) {
  auto refuse = [&](std::string_view why) { return fail(ec::invalid, std::string{option} + " " + std::string{why}); };
  auto rest = url;
  if (rest.starts_with("http://"))
    rest.remove_prefix(7);
  else if (rest.starts_with("https://"))
    rest.remove_prefix(8);
  else
    return refuse("must start with http:// or https://");
  auto authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.empty())
    return refuse("names no host");
  if (authority.find('@') != std::string_view::npos)
    return refuse("must not hold a user name or password");
  return caf::none;
}

caf::expected<std::string> fetch_document(const std::string& url, const work_limit& limit) {
  http::outgoing_request request;
  request.url = url;
  request.timeout = limit.at_most(defaults::figures_timeout);
  request.max_response_bytes = defaults::max_document_bytes;
  request.stop = limit.stop;
  auto response = http::fetch(request);
  if (!response)
    return response.error();
  if (response->status != 200)
    return fail(ec::unavailable, url + describe_status(response->status, response->body));
  return std::move(response->body);
}

caf::expected<std::string> read_document(const std::filesystem::path& file, const std::string& url,
                                         const work_limit& limit) {
  return file.empty() ? fetch_document(url, limit) : read_file(file, defaults::max_document_bytes);
}

std::string describe_status(int status, std::string_view body) {
  constexpr size_t shown_bytes = 200;
  return " answered " + std::to_string(status) + (body.empty() ? "" : ": " + printable(body.substr(0, shown_bytes)));
}

} // namespace hive
