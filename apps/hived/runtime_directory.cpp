#include "apps/hived/runtime_directory.hpp"

#include <cstdlib>
#include <string>

namespace hive {

namespace fs = std::filesystem;

fs::path directory_in(const char* variable) {
  const char* value = std::getenv(variable);
  std::string text = value ? value : "";
  fs::path first = text.substr(0, text.find(':')); // systemd separates several paths with colons
  return first.is_absolute() ? first : fs::path{};
}

fs::path runtime_directory() {
  if (auto unit = directory_in("RUNTIME_DIRECTORY"); !unit.empty())
    return unit;
  auto user = directory_in("XDG_RUNTIME_DIR");
  return user.empty() ? user : user / "hivemark";
}

} // namespace hive
