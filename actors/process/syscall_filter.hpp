#pragma once

#include <caf/expected.hpp>
#include <string>

namespace hive::sandbox {

/// The seccomp filter of all sandboxes, as bubblewrap reads it: which system calls fail, and why, is in the source.
/// Calls of another architecture (32-bit programs) end the caller with SIGSYS. ec::unavailable when the library cannot
/// make it.
caf::expected<std::string> syscall_filter();

} // namespace hive::sandbox
