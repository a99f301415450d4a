#pragma once

namespace hive {

/// Whether what a process has resident is what its program needs.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool memory_is_the_nodes_own = false; // sanitizers keep shadows of it and what was freed
#else
inline constexpr bool memory_is_the_nodes_own = true;
#endif

} // namespace hive
