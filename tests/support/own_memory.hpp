#pragma once

namespace hive {

/// Whether a process's resident memory is only what its program needs.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool memory_is_the_nodes_own = false; // sanitizers add shadow memory and keep freed blocks
#else
inline constexpr bool memory_is_the_nodes_own = true;
#endif

} // namespace hive
