#include "apps/hivectl/hartos_folder.hpp"

#include "apps/hivectl/exit_status.hpp"
#include "messages/ec.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace hive::ctl {
namespace {

namespace fs = std::filesystem;

constexpr auto data_name = "agent_data";

/// "x/agent_data/" has an empty file name.
bool is_data_folder(const fs::path& directory) {
  auto plain = directory.has_filename() ? directory : directory.parent_path();
  return plain.filename() == data_name;
}

/// Those entries of a directory that `is_wanted`, ordered by name; none when it is missing.
template <class Predicate>
caf::expected<std::vector<fs::path>> entries_of(const fs::path& directory, Predicate is_wanted) {
  std::vector<fs::path> out;
  std::error_code failed;
  if (!fs::exists(directory, failed))
    return out;
  for (auto entry = fs::directory_iterator{directory, failed}; !failed && entry != fs::directory_iterator{};
       entry.increment(failed))
    if (is_wanted(*entry, failed))
      out.push_back(entry->path());
  if (failed)
    return fail_as(exit_status::file_failed, "cannot read " + directory.string() + ": " + failed.message());
  std::ranges::sort(out);
  return out;
}

/// N of vN.json; 0 for any other name.
uint32_t number_of(std::string_view name) {
  constexpr std::string_view suffix = ".json";
  if (!name.starts_with('v') || !name.ends_with(suffix))
    return 0;
  auto digits = name.substr(1, name.size() - suffix.size() - 1);
  uint32_t out = 0;
  auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  bool is_number = failed == std::errc{} && end == digits.data() + digits.size() && !digits.starts_with('0');
  return is_number ? out : 0;
}

} // namespace

caf::expected<std::vector<fs::path>> hartos_folder::snapshots() const {
  return entries_of(benchmarks(), [](const fs::directory_entry& entry, std::error_code& failed) {
    return entry.path().extension() == ".json" && entry.is_regular_file(failed);
  });
}

caf::expected<std::vector<hartos_agent>> hartos_folder::agents() const {
  auto folders = entries_of(baselines(), [](const fs::directory_entry& entry, std::error_code& failed) {
    return !entry.is_symlink(failed) && entry.is_directory(failed);
  });
  if (!folders)
    return folders.error();
  std::vector<hartos_agent> out;
  for (auto& folder : *folders) {
    auto name = folder.filename().string();
    auto line = name.rfind('_');
    auto prompt = line == name.npos ? name : name.substr(0, line);
    out.push_back({std::move(folder), std::move(prompt), line == name.npos ? std::string{} : name.substr(line + 1)});
  }
  return out;
}

caf::expected<std::map<uint32_t, fs::path>> hartos_agent::baselines() const {
  auto files = entries_of(folder, [](const fs::directory_entry& entry, std::error_code& failed) {
    return number_of(entry.path().filename().string()) > 0 && !entry.is_symlink(failed) &&
           entry.is_regular_file(failed);
  });
  if (!files)
    return files.error();
  std::map<uint32_t, fs::path> out;
  for (auto& file : *files) {
    auto number = number_of(file.filename().string());
    out.emplace(number, std::move(file));
  }
  return out;
}

caf::expected<hartos_folder> find_hartos(const fs::path& directory) {
  std::error_code failed;
  if (is_data_folder(directory) && fs::is_directory(directory, failed))
    return hartos_folder{directory};
  if (fs::is_directory(directory / data_name, failed))
    return hartos_folder{directory / data_name};
  return fail_as(exit_status::refused,
                 directory.string() + " holds no folder agent_data and is none: is this HART OS?");
}

caf::expected<hartos_folder> make_hartos(const fs::path& directory) {
  hartos_folder out{is_data_folder(directory) ? directory : directory / data_name};
  std::error_code failed;
  fs::create_directories(out.benchmarks(), failed);
  if (failed)
    return fail_as(exit_status::file_failed, "cannot make " + out.benchmarks().string() + ": " + failed.message());
  return out;
}

} // namespace hive::ctl
