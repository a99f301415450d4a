#pragma once

#include <filesystem>

namespace hive {

/// The first path in an environment variable, if absolute; systemd and XDG forbid relative paths in theirs. Else empty.
std::filesystem::path directory_in(const char* variable);

/// Directory for what lasts until the next boot of the machine: `$RUNTIME_DIRECTORY` of a systemd unit, else
/// `$XDG_RUNTIME_DIR/hivemark`, else empty.
std::filesystem::path runtime_directory();

} // namespace hive
