#pragma once

#include "gpu/quantiphy/problems.hpp"

#include <caf/expected.hpp>
#include <string_view>
#include <vector>

namespace hive::quantiphy {

/// The questions of a CSV file of QuantiPhy (columns question, ground_truth_prior, depth_info, ground_truth_posterior,
/// inference_type, video_type; further ones are ignored), as text: what was measured in the video is part of them, the
/// video is not. Their categories are QuantiPhy's: S2, D2, S3, D3.
struct csv_problems {
  std::vector<problem> problems;
  size_t left_out = 0; ///< rows without a category, or whose answer is no positive number
};

/// Reads the file's text. ec::malformed names the column or the row that is wrong; ec::no_data when no row is left.
caf::expected<csv_problems> read_csv_problems(std::string_view text);

} // namespace hive::quantiphy
