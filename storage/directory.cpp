#include "storage/directory.hpp"

#include "messages/ec.hpp"

#include <system_error>
#include <unistd.h>

namespace hive {
namespace {

namespace fs = std::filesystem;

caf::error create(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (!error)
    fs::permissions(directory, fs::perms::owner_all, error); // it holds the node's secret key
  if (error)
    return fail(ec::storage_failed, "cannot create the data directory " + directory.string() + ": " + error.message());
  return caf::none;
}

/// Whether RocksDB files lie in `store` without the file that says which of them are in use. RocksDB would take that
/// for a new database and write over the old one.
bool lost_its_current(const fs::path& store) {
  if (fs::exists(store / "CURRENT"))
    return false;
  for (const auto& entry : fs::directory_iterator{store})
    if (auto extension = entry.path().extension(); extension == ".sst" || extension == ".log")
      return true;
  return false;
}

caf::error check_contents(const fs::path& directory) {
  auto store = store_path(directory);
  if (!fs::exists(store)) {
    if (!fs::is_empty(directory))
      return fail(ec::invalid, "the data directory " + directory.string() +
                                 " holds something else: neither empty nor a store of Hivemark");
    return caf::none;
  }
  if (!fs::is_directory(store))
    return fail(ec::invalid, store.string() + " is not a directory");
  if (lost_its_current(store))
    return fail(ec::corrupt, "the store is damaged and stays closed: " + (store / "CURRENT").string() + " is missing");
  return caf::none;
}

} // namespace

fs::path store_path(const fs::path& data_directory) {
  return data_directory / "store";
}

caf::error prepare_directory(const fs::path& data_directory) {
  std::error_code error;
  auto status = fs::status(data_directory, error);
  if (!fs::exists(status))
    return create(data_directory);
  if (!fs::is_directory(status))
    return fail(ec::invalid, "the data directory " + data_directory.string() + " is not a directory");
  if (::access(data_directory.c_str(), R_OK | W_OK | X_OK) != 0)
    return fail(ec::storage_failed,
                "the data directory " + data_directory.string() + " cannot be written by this user");
  try {
    return check_contents(data_directory);
  } catch (const fs::filesystem_error& e) {
    return fail(ec::storage_failed, e.what());
  }
}

} // namespace hive
