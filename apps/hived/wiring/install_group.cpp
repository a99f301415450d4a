#include "apps/hived/wiring/install_group.hpp"

#include <caf/all.hpp>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace hive {
namespace {

namespace fs = std::filesystem;

/// Digits of the node's id in the names of its files: nodes that share a directory are few.
constexpr size_t node_digits = 8;

/// Where HART OS keeps its benchmarks too.
fs::path default_directory(const fs::path& data_directory) {
  const char* home = std::getenv("HOME");
  return home && *home ? fs::path{home} / ".hevolve" / "benchmarks" : data_directory / "benchmarks";
}

/// hive-fetch is installed beside hived.
fs::path find_fetch_program() {
  std::error_code error;
  auto self = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path{"hive-fetch"} : self.parent_path() / "hive-fetch";
}

} // namespace

std::vector<service> install_group::services() {
  return {make_service("installer", installer, [this] {
    return spawn_installer(node_.system, {node_.db, base_.committer, adapters_.runner, benchmark_.registry},
                           describe_installs());
  })};
}

install_options install_group::describe_installs() const {
  auto out = node_.config.install;
  if (out.directory.empty())
    out.directory = fs::absolute(default_directory(node_.config.store.directory));
  out.own_id = node_.identity.id;
  out.node = node_.identity.id.value.substr(0, node_digits);
  out.fetch_program = find_fetch_program();
  out.scheduler = adapters_.gpus.scheduler;
  return out;
}

} // namespace hive
