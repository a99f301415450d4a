#pragma once

#include <string_view>

/// Names of attributes: OpenTelemetry's semantic conventions of generative AI, and what a sender may say beside them.
namespace hive::otlp::attribute {

inline constexpr std::string_view operation = "gen_ai.operation.name";
inline constexpr std::string_view agent_id = "gen_ai.agent.id";
inline constexpr std::string_view agent_name = "gen_ai.agent.name";
inline constexpr std::string_view tool_name = "gen_ai.tool.name";
inline constexpr std::string_view request_model = "gen_ai.request.model";
inline constexpr std::string_view response_model = "gen_ai.response.model";
inline constexpr std::string_view input_tokens = "gen_ai.usage.input_tokens";
inline constexpr std::string_view output_tokens = "gen_ai.usage.output_tokens";
inline constexpr std::string_view conversation = "gen_ai.conversation.id";
inline constexpr std::string_view error_type = "error.type";
inline constexpr std::string_view service_name = "service.name"; ///< of a resource

inline constexpr std::string_view flow_id = "hivemark.flow_id";
inline constexpr std::string_view task_type = "hivemark.task_type";

} // namespace hive::otlp::attribute
