#pragma once

#include "apps/hivectl/context.hpp"
#include "messages/json.hpp"

#include <caf/expected.hpp>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace hive::ctl::mcp {

/// What one call of a tool works with.
struct tool_call {
  session s; ///< of this call alone, with the token as its file has it now
  std::stop_token stop{};
};

/// What a tool is, for the host and its model.
struct tool_head {
  std::string name;
  std::string title;
  std::string description;
  /// Fields of the question that the tool has no use for, by their names in JSON: no arguments of it.
  std::vector<std::string> left_out{};
  bool is_read_only = false;
  bool is_idempotent = false; ///< whether a repeated call with the same arguments changes nothing more
};

/// A tool of the Model Context Protocol. Arguments and answer are records of the node's API.
struct tool {
  tool_head head;
  std::string input_schema;  ///< JSON Schema
  std::string output_schema; ///< JSON Schema

  /// Reads the arguments, which are a JSON object, and returns the answer as JSON. The text of an error names the
  /// argument, or says what to do.
  std::function<caf::expected<std::string>(const std::string& arguments, tool_call& call)> run;
};

namespace detail {

/// The schema of a struct as a JSON document. A closed one takes no other members.
std::string schema_of(capnp::StructSchema schema, const std::vector<std::string>& left_out, bool is_closed);

/// ec::invalid when the arguments have one of these members.
caf::error refuse_left_out(std::string_view arguments, const std::vector<std::string>& left_out);

} // namespace detail

/// Arguments as a record. ec::invalid with the name of the argument that is wrong.
template <class Question>
caf::expected<msg<Question>> read_arguments(std::string_view arguments, const std::vector<std::string>& left_out) {
  if (auto refused = detail::refuse_left_out(arguments, left_out))
    return refused;
  json_error why;
  if (auto question = from_json<Question>(arguments, why))
    return std::move(*question);
  return fail(ec::invalid, "wrong arguments: " + why.message());
}

/// A tool whose arguments are a `Question` and whose answer is an `Answer`.
template <class Question, class Answer>
tool make_tool(tool_head head,
               std::function<caf::expected<msg<Answer>>(const msg<Question>& question, tool_call& call)> answer) {
  tool out;
  out.input_schema = detail::schema_of(capnp::Schema::from<Question>(), head.left_out, true);
  out.output_schema = detail::schema_of(capnp::Schema::from<Answer>(), {}, false);
  out.run = [left_out = head.left_out, answer = std::move(answer)](const std::string& arguments,
                                                                   tool_call& call) -> caf::expected<std::string> {
    auto question = read_arguments<Question>(arguments, left_out);
    if (!question)
      return question.error();
    auto answered = answer(*question, call);
    if (!answered)
      return answered.error();
    return to_json(*answered);
  };
  out.head = std::move(head);
  return out;
}

/// The query string for a record's fields that differ from their defaults, with its '?'; empty for none. ec::invalid
/// when an element of a list has a comma, which a query string cannot hold.
caf::expected<std::string> query_of(capnp::DynamicStruct::Reader question,
                                    const std::vector<std::string>& in_path = {});

} // namespace hive::ctl::mcp
