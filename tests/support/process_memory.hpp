#pragma once

#include <cstddef>
#include <functional>
#include <optional>

namespace hive {

/// By how many bytes of memory this process is larger at its largest during `work` than before it. Nothing where the
/// kernel does not tell, or does not let the highest value be reset.
std::optional<size_t> peak_growth(const std::function<void()>& work);

} // namespace hive
