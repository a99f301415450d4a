#include "apps/hivectl/validators.hpp"

#include "apps/hivectl/client.hpp"
#include "messages/ec.hpp"
#include "messages/ids.hpp"
#include "messages/timestamp.hpp"
#include "platform/http_url.hpp"

#include <cmath>

namespace hive::ctl {
namespace {

/// Throws CLI11's message about a path, if any: "File does not exist: NAME".
void require(const std::string& wrong) {
  if (!wrong.empty())
    throw path_error{wrong};
}

/// Checks a node's base URL, to which paths are appended.
std::string check_url(const std::string& url) {
  if (url.starts_with(unix_scheme))
    return url.size() > unix_scheme.size() && url[unix_scheme.size()] == '/'
             ? ""
             : "\"" + url + "\" must be unix: and an absolute path";
  if (auto wrong = http::check_url(url, http::url_user::allowed))
    return "\"" + url + "\" " + text_of(wrong);
  bool is_plain = url.find_first_of("?#") == url.npos;
  return is_plain ? "" : "\"" + url + "\" must be http[s]://HOST[:PORT][/PATH]";
}

} // namespace

CLI::Validator valid_id() {
  return {
    [](std::string& text) { return is_valid_id(text) ? std::string{} : "\"" + text + "\" " + std::string{id_rule}; },
    "", "id"};
}

CLI::Validator valid_url() {
  return {[](std::string& text) { return check_url(text); }, "", "url"};
}

CLI::Validator valid_time() {
  return {[](std::string& text) {
            constexpr size_t date_length = 10;
            if (text.size() == date_length)
              text += "T00:00:00Z";
            return parse_iso8601(text) ? std::string{} : "\"" + text + "\" must be a time such as 2026-02-24T12:00:00Z";
          },
          "", "time"};
}

CLI::Validator finite() {
  return {[](std::string& text) {
            double value = 0;
            bool is_number = CLI::detail::lexical_cast(text, value);
            return is_number && std::isfinite(value) ? std::string{} : "\"" + text + "\" must be a number";
          },
          "", "number"};
}

CLI::Validator assignment() {
  return {[](std::string& text) {
            auto sign = text.find('=');
            return sign == 0 || sign == std::string::npos ? "\"" + text + "\" must be NAME=VALUE" : std::string{};
          },
          "", "assignment"};
}

CLI::Validator existing_file() {
  return {[](std::string& text) {
            require(CLI::ExistingFile(text));
            return std::string{};
          },
          "FILE", "file"};
}

CLI::Validator existing_directory() {
  return {[](std::string& text) {
            require(CLI::ExistingDirectory(text));
            return std::string{};
          },
          "DIR", "directory"};
}

CLI::Validator file_or_stdin() {
  return {[](std::string& text) {
            if (text != "-")
              require(CLI::ExistingFile(text));
            return std::string{};
          },
          "FILE", "file"};
}

std::pair<std::string, std::string> split_assignment(const std::string& text) {
  auto sign = text.find('=');
  return {text.substr(0, sign), text.substr(sign + 1)};
}

} // namespace hive::ctl
