#pragma once

#include <string_view>

namespace hive {

/// Whether `text` is a valid model id: like an id, but up to 128 characters long and with `/` and `:` allowed, since
/// model hubs and servers use names such as `meta-llama/Llama-3-8B` and `llama3:8b`. Used verbatim in keys and metric
/// names, percent-encoded in URLs.
bool is_valid_model_id(std::string_view text);

/// The rule of `is_valid_model_id`, for error messages.
inline constexpr std::string_view model_id_rule =
  "must start with a letter or digit and hold at most 128 letters, digits, '.', '_', '-', '/' and ':'";

} // namespace hive
