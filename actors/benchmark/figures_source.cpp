#include "actors/benchmark/figures_source.hpp"

#include "actors/defaults.hpp"
#include "messages/ec.hpp"
#include "platform/http_client.hpp"
#include "platform/http_url.hpp"
#include "platform/read_file.hpp"

namespace hive {

caf::error check_url(std::string_view option, const std::string& url) {
  auto wrong = http::check_url(url, http::url_user::refused);
  return wrong ? fail(code_of(wrong), std::string{option} + " " + text_of(wrong)) : caf::none;
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
    return fail(ec::unavailable, url + http::describe_status(response->status, response->body));
  return std::move(response->body);
}

caf::expected<std::string> read_document(const std::filesystem::path& file, const std::string& url,
                                         const work_limit& limit) {
  return file.empty() ? fetch_document(url, limit) : read_file(file, defaults::max_document_bytes);
}

} // namespace hive
