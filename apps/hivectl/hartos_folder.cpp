#include "apps/hivectl/hartos_folder.hpp"

#include "apps/hivectl/exit_status.hpp"
#include "messages/ec.hpp"

#include <algorithm>

namespace hive::ctl {
namespace {

namespace fs = std::filesystem;

constexpr auto data_name = "agent_data";

/// "x/agent_data/" has an empty file name.
bool is_data_folder(const fs::path& directory) {
  auto plain = directory.has_filename() ? directory : directory.parent_path();
  return plain.filename() == data_name;
}

} // namespace

caf::expected<std::vector<fs::path>> hartos_folder::snapshots() const {
  std::vector<fs::path> out;
  std::error_code failed;
  if (!fs::exists(benchmarks(), failed))
    return out;
  for (auto entry = fs::directory_iterator{benchmarks(), failed}; !failed && entry != fs::directory_iterator{};
       entry.increment(failed))
    if (entry->path().extension() == ".json" && entry->is_regular_file(failed))
      out.push_back(entry->path());
  if (failed)
    return fail_as(exit_status::file_failed, "cannot read " + benchmarks().string() + ": " + failed.message());
  std::ranges::sort(out);
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
