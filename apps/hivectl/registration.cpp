#include "apps/hivectl/registration.hpp"

#include "apps/hivectl/client.hpp"
#include "apps/hivectl/exit_status.hpp"
#include "platform/endpoint.hpp"

#include <filesystem>

namespace hive::ctl {
namespace {

namespace fs = std::filesystem;

std::string below(const std::string& directory, const std::string& path) {
  return (fs::path{directory} / path).lexically_normal().string();
}

bool is_relative_path(const std::string& text) {
  return text.find('/') != text.npos && fs::path{text}.is_relative();
}

caf::error refuse(const std::string& path, const std::string& why) {
  return fail_as(exit_status::usage, path + " is a relative path, and " + why);
}

} // namespace

bool is_on_this_machine(std::string_view url) {
  if (url.starts_with(unix_scheme))
    return true;
  auto start = url.find("://");
  auto host = start == url.npos ? url : url.substr(start + 3);
  host = host.substr(0, host.find('/'));
  if (auto user = host.rfind('@'); user != host.npos)
    host.remove_prefix(user + 1);
  auto at = endpoint::parse(host);
  if (!at)
    at = endpoint::parse(std::string{host} + ":80");
  return at && at->is_loopback();
}

caf::expected<placed_command> locate(placed_command given, const std::string& here, bool on_this_machine) {
  const std::string elsewhere = "the node is on another machine: name it as it is there, from /";
  const std::string nowhere = "the current directory is not there any more";
  auto& workdir = given.workdir;
  if (on_this_machine && workdir.empty())
    workdir = here;
  else if (!workdir.empty() && fs::path{workdir}.is_relative()) {
    if (!on_this_machine || here.empty())
      return refuse(workdir, on_this_machine ? nowhere : elsewhere);
    workdir = below(here, workdir);
  }
  auto& program = given.command.front();
  if (!is_relative_path(program))
    return given;
  if (workdir.empty())
    return refuse(program, on_this_machine ? nowhere : elsewhere + ", or give --workdir");
  program = below(workdir, program);
  return given;
}

} // namespace hive::ctl
