#pragma once

#include "gpu/heavy/result.hpp"
#include "gpu/qwen_encoder/device.hpp"

#include <cstdint>
#include <stop_token>
#include <vector>

namespace hive::qwen {

/// The middle value, or the mean of the two middle ones. 0 when there are none.
double median(std::vector<double> values);

/// Figures of a device that encoded `input`, or why it was skipped. Rates are those of the median pass.
heavy::result report(const device_request& request, const device_report& found);

/// Encodes at the tiny shape on the CPU, with the same steps and kernels in bf16, and compares the result with double
/// precision. `tokens` and `batch` are bounded by what a CPU does in a second.
heavy::result run_reference(const extent& input, uint64_t seed, const std::stop_token& stop);

} // namespace hive::qwen
