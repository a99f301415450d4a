#pragma once

#include <string_view>

namespace hive {

/// Whether `text` may name a model: as an id, but up to 128 characters and with `/` and `:` too, since model hubs and
/// servers name models like `meta-llama/Llama-3-8B` and `llama3:8b`. Such a text stands in keys and metric names as it
/// is; in a URL it is percent-encoded.
bool is_valid_model_id(std::string_view text);

/// What `is_valid_model_id` asks for, to put into an error message.
inline constexpr std::string_view model_id_rule =
  "must start with a letter or digit and hold at most 128 letters, digits, '.', '_', '-', '/' and ':'";

} // namespace hive
