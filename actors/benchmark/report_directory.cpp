#include "actors/benchmark/report_directory.hpp"

#include "actors/defaults.hpp"
#include "messages/ec.hpp"

#include <cerrno>
#include <fstream>
#include <random>
#include <sys/stat.h>
#include <system_error>

namespace hive {
namespace {

/// Unguessable, so that nobody can create it first in a shared directory.
std::string random_name() {
  std::random_device random;
  std::string out = "hivemark-tests-";
  constexpr int words = 4;
  for (int i = 0; i < words; ++i)
    out += std::to_string(random()) + (i + 1 < words ? "-" : "");
  return out;
}

} // namespace

report_directory::report_directory(const std::filesystem::path& parent)
    : directory_{parent / random_name()}, file_{directory_ / "results.xml"} {
}

report_directory::~report_directory() {
  clear();
}

caf::error report_directory::renew() {
  clear();
  constexpr mode_t owner_only = 0700;
  if (::mkdir(directory_.c_str(), owner_only) == 0)
    return caf::none;
  return fail(ec::process_failed,
              "no directory for the results file can be made: " + directory_.string() + ": " + errno_text(errno));
}

void report_directory::clear() noexcept {
  std::error_code error;
  std::filesystem::remove_all(directory_, error); // a directory that cannot be removed makes the next renew fail
}

caf::expected<std::string> read_report(const std::filesystem::path& path) {
  std::error_code error;
  auto size = std::filesystem::is_regular_file(path, error) ? std::filesystem::file_size(path, error) : 0;
  if (error || size == 0)
    return fail(ec::no_data, "the tests wrote no results file " + path.string());
  if (size > defaults::max_test_report_bytes)
    return fail(ec::too_large, "the results file " + path.string() + " has " + std::to_string(size) +
                                 " bytes; at most " + std::to_string(defaults::max_test_report_bytes) + " are read");
  std::string text(size, '\0');
  std::ifstream file{path, std::ios::binary};
  if (!file.read(text.data(), static_cast<std::streamsize>(size)))
    return fail(ec::process_failed, "the results file " + path.string() + " cannot be read");
  return text;
}

} // namespace hive
