#include "actors/otlp/attributes.hpp"
#include "actors/otlp/export.hpp"

#include <algorithm>
#include <array>

namespace hive::otlp {

bool is_read(std::string_view name) {
  static constexpr std::array read{attribute::operation,    attribute::agent_id,      attribute::agent_name,
                                   attribute::tool_name,    attribute::request_model, attribute::response_model,
                                   attribute::input_tokens, attribute::output_tokens, attribute::conversation,
                                   attribute::error_type,   attribute::flow_id,       attribute::task_type};
  return std::ranges::find(read, name) != read.end();
}

} // namespace hive::otlp
