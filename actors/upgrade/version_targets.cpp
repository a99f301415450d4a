#include "actors/upgrade/version_targets.hpp"

#include "messages/ec.hpp"

#include <system_error>

namespace hive {
namespace {

constexpr std::string_view placeholder = "{version}";
constexpr const char* any_version = "*";

std::string with_version(std::string text, std::string_view version) {
  for (auto at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder, at + version.size()))
    text.replace(at, placeholder.size(), version);
  return text;
}

/// The words before a command that run it in a container. `--env` needs no shell, so values may hold anything.
std::vector<std::string> container_words(const version_targets& targets, const version_target& target,
                                         std::string_view version) {
  auto out = targets.container_command;
  out.push_back("--env=HIVE_VERSION=" + std::string{version});
  for (const auto& [name, value] : target.environment)
    out.push_back("--env=" + name + "=" + with_version(value, version));
  out.push_back(with_version(target.container, version));
  return out;
}

} // namespace

caf::error version_targets::validate() const {
  for (const auto& [version, target] : versions) {
    if (!target.directory.empty() && !target.directory.starts_with('/'))
      return fail(ec::invalid, version + ": directory must be an absolute path, not " + target.directory);
    if (!target.directory.empty() && !target.container.empty())
      return fail(ec::invalid, version + ": has both a directory and a container");
    if (!target.container.empty() && container_command.empty())
      return fail(ec::invalid, version + ": a container needs upgrade.container_command");
  }
  return caf::none;
}

caf::expected<msg<wire::VersionTarget>> version_targets::find(std::string_view version) const {
  auto found = versions.find(std::string{version});
  if (found == versions.end())
    found = versions.find(any_version);
  if (found == versions.end())
    return fail(ec::invalid, "version " + std::string{version} +
                               " is not in [versions] of this node, so nothing says how to run it");
  const auto& target = found->second;
  auto directory = with_version(target.directory, version);
  std::error_code error;
  if (!directory.empty() && !std::filesystem::is_directory(directory, error))
    return fail(ec::invalid, "version " + std::string{version} + ": versions.\"" + found->first + "\" names " +
                               directory + ", which is no directory");
  auto prefix = target.container.empty() ? std::vector<std::string>{} : container_words(*this, target, version);
  return msg<wire::VersionTarget>::build([&](wire::VersionTarget::Builder out) {
    if (!directory.empty())
      out.setDirectory(directory);
    auto words = out.initPrefix(static_cast<uint32_t>(prefix.size()));
    for (uint32_t i = 0; i < words.size(); ++i)
      words.set(i, prefix[i]);
    auto environment = out.initEnvironment(static_cast<uint32_t>(target.environment.size()));
    for (uint32_t i = 0; i < environment.size(); ++i) {
      environment[i].setName(target.environment[i].first);
      environment[i].setValue(with_version(target.environment[i].second, version));
    }
  });
}

} // namespace hive
