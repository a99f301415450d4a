#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/files.hpp"
#include "apps/hivectl/token.hpp"
#include "messages/status.capnp.h"
#include "messages/text.hpp"
#include "platform/http_client.hpp"
#include "platform/unique_fd.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <spawn.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace hive::ctl {
namespace {

constexpr auto dashboard_help =
  "The address has the token that hivectl itself would send, behind a #: treat it like the token.\n\n"
  "Examples:\n"
  "  hivectl dashboard\n"
  "  hivectl dashboard --open";

/// How long a browser may take to read the page that leads it to the dashboard.
constexpr std::chrono::seconds opening_time{5};

/// A page that leads to an address, readable by this user alone. Other users see the arguments of a browser, and the
/// address has a token. Removed at the end.
class leading_page {
public:
  leading_page() = default;
  leading_page(const leading_page&) = delete;
  leading_page& operator=(const leading_page&) = delete;

  ~leading_page() {
    if (!path_.empty())
      ::unlink(path_.c_str());
  }

  caf::error write(const std::string& url) {
    std::error_code none;
    auto path = (std::filesystem::temp_directory_path(none) / "hivemark-dashboard-XXXXXX.html").string();
    unique_fd file{::mkstemps(path.data(), 5)}; // with access for this user alone
    if (!file)
      return fail_as(exit_status::file_failed, path + " cannot be made: " + std::generic_category().message(errno));
    path_ = path;
    auto written = write_file(
      path_, "<!doctype html><title>Hivemark</title><meta http-equiv=\"refresh\" content=\"0; url=" + url + "\">\n");
    return written ? caf::error{} : written.error();
  }

  const std::string& path() const {
    return path_;
  }

private:
  std::string path_;
};

/// Opens a file in the user's browser.
caf::error open_in_browser(const std::string& path) {
  const char* arguments[] = {"xdg-open", path.c_str(), nullptr};
  pid_t child = 0;
  int status = 0;
  auto error = ::posix_spawnp(&child, arguments[0], nullptr, nullptr, const_cast<char**>(arguments), environ);
  while (error == 0 && ::waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      error = errno;
  if (error != 0)
    return fail_as(exit_status::refused, "xdg-open cannot be run: " + std::generic_category().message(error) +
                                           "; open the address that 'hivectl dashboard' prints");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return fail_as(exit_status::refused, "xdg-open found no browser; open the address that 'hivectl dashboard' prints");
  return caf::none;
}

caf::expected<std::string> address_of(const session& s) {
  auto out = s.url + "/";
  if (s.token_file.empty())
    return out;
  auto token = read_token_file(s.token_file);
  if (!token)
    return token.error();
  return out + "#token=" + http::url_encode(*token);
}

outcome show_dashboard(session& s, bool open) {
  if (s.url.starts_with(unix_scheme))
    return fail_as(exit_status::usage,
                   "no browser reaches a Unix socket; give the node's http or https address as --url");
  auto who = s.node.ask<wire::WhoAmI>({.path = "/whoami"});
  if (!who)
    return who.error();
  auto url = address_of(s);
  if (!url)
    return url.error();
  if (open) {
    leading_page page;
    if (auto failure = page.write(*url))
      return failure;
    if (auto failure = open_in_browser(page.path()))
      return failure;
    std::this_thread::sleep_for(opening_time);
    return exit_status::done;
  }
  s.out.answer(msg<wire::DashboardAddress>::build([&](wire::DashboardAddress::Builder out) {
                 out.setUrl(*url);
                 out.setRole((*who)->getRole());
               }),
               [&] { s.out.line(*url); });
  return exit_status::done;
}

} // namespace

void add_dashboard_command(CLI::App& app, context& ctx) {
  auto& command = *app.add_subcommand("dashboard", "The address of the node's dashboard, with a token for it");
  auto open = std::make_shared<bool>(false);
  command.add_flag("--open", *open, "Open it in this user's browser, and print nothing");
  command.footer(dashboard_help);
  ctx.on(command, [open](session& s) { return show_dashboard(s, *open); });
}

} // namespace hive::ctl
