#include "apps/hivectl/mcp/conversation.hpp"

#include "messages/tracker.capnp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::ctl::mcp {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::vector<tool> some_tools() {
  std::vector<tool> out;
  out.push_back(make_tool<wire::TaskRecord, wire::TasksRecorded>(
    {.name = "record_task", .title = "Record", .description = "Records a task", .left_out = {"sequence"}},
    [](const auto&, tool_call&) { return fail(ec::internal, "is not called"); }));
  return out;
}

class mcp_conversation : public testing::Test {
protected:
  /// The answer to a line; empty for none.
  std::string answer(std::string_view line) {
    auto reaction = dialogue.take(line);
    auto* text = std::get_if<std::string>(&reaction);
    return text ? *text : std::string{};
  }

  void initialize() {
    answer(R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}})");
  }

  const std::vector<tool> tools = some_tools();
  conversation dialogue{tools};
};

TEST_F(mcp_conversation, begins_with_initialize) {
  EXPECT_THAT(answer(R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})"),
              AllOf(HasSubstr(R"("id":1,"error":{"code":-32600)"), HasSubstr("initialize")));
  EXPECT_EQ(answer(R"({"jsonrpc":"2.0","id":"p","method":"ping"})"), R"({"jsonrpc":"2.0","id":"p","result":{}})");
  EXPECT_THAT(answer(R"({"jsonrpc":"2.0","id":2,"method":"initialize","params":{"protocolVersion":"2025-06-18",
    "capabilities":{"roots":{"listChanged":true}},"clientInfo":{"name":"x","version":"1","icons":[]}}})"),
              AllOf(HasSubstr(R"("id":2,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}})"),
                    HasSubstr(R"("name":"hivemark")")));
  EXPECT_THAT(answer(R"({"jsonrpc":"2.0","id":3,"method":"tools/list","params":{}})"), HasSubstr("record_task"));
}

TEST_F(mcp_conversation, speaks_the_revision_that_the_host_asks_for_or_an_older_one) {
  EXPECT_EQ(choose_revision("2024-11-05"), "2024-11-05");
  EXPECT_EQ(choose_revision("2025-03-26"), "2024-11-05");
  EXPECT_EQ(choose_revision("2025-06-18"), "2025-06-18");
  EXPECT_EQ(choose_revision("2025-11-25"), "2025-11-25");
  EXPECT_EQ(choose_revision("2031-01-01"), "2025-11-25");
  EXPECT_EQ(choose_revision("2024-10-07"), "2025-11-25");
  EXPECT_EQ(choose_revision(""), "2025-11-25");
}

TEST_F(mcp_conversation, initialize_without_a_revision_is_refused_and_names_the_member) {
  EXPECT_THAT(answer(R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{}})"),
              AllOf(HasSubstr("-32602"), HasSubstr("/protocolVersion")));
  EXPECT_THAT(answer(R"({"jsonrpc":"2.0","id":1,"method":"initialize"})"), HasSubstr("/protocolVersion"));
}

TEST_F(mcp_conversation, what_is_no_message_is_refused_with_the_code_of_json_rpc) {
  for (auto* line : {"{", "x", "\"\\ud800\"", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}}", "\xff", "[1,]"})
    EXPECT_THAT(answer(line), HasSubstr(R"("id":null,"error":{"code":-32700)")) << line;
  for (auto* line :
       {"1", "null", "[]", R"([{"jsonrpc":"2.0","id":1,"method":"ping"}])", "{}", R"({"method":"ping"})",
        R"({"jsonrpc":"2.0","id":1,"method":7})", R"({"jsonrpc":"2.0","id":{},"method":"ping"})",
        R"({"jsonrpc":"2.0","id":true,"method":"ping"})", R"({"jsonrpc":"2.0","id":1,"id":2,"method":"ping"})"})
    EXPECT_THAT(answer(line), HasSubstr(R"("id":null,"error":{"code":-32600)")) << line;
  EXPECT_THAT(answer(R"({"jsonrpc":"1.0","id":4,"method":"ping"})"), HasSubstr(R"("id":4,"error":{"code":-32600)"));
  EXPECT_THAT(answer(std::string(100'000, '[')), HasSubstr("-32700")) << "nested too deeply";
}

TEST_F(mcp_conversation, notifications_and_answers_are_not_answered) {
  for (auto* line :
       {R"({"jsonrpc":"2.0","method":"notifications/initialized"})", R"({"jsonrpc":"2.0","method":"ping"})",
        R"({"jsonrpc":"2.0","id":1,"result":{}})", R"({"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}})",
        R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{}})"})
    EXPECT_EQ(dialogue.take(line).index(), 0u) << line;
}

TEST_F(mcp_conversation, unknown_methods_and_pages_are_refused) {
  initialize();
  EXPECT_THAT(answer(R"({"jsonrpc":"2.0","id":1,"method":"resources/list"})"), HasSubstr("-32601"));
  EXPECT_THAT(answer(R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"2"}})"), HasSubstr("-32602"));
}

TEST_F(mcp_conversation, a_call_names_its_tool_arguments_and_progress) {
  initialize();
  auto reaction = dialogue.take(R"({"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"record_task",
    "arguments":{"task_type":"x"},"_meta":{"progressToken":7,"other":1}}})");
  auto& call = std::get<wanted_call>(reaction);
  EXPECT_EQ(call.id, "\"a\"");
  EXPECT_EQ(call.what, &tools[0]);
  EXPECT_EQ(call.arguments, R"({"task_type":"x"})");
  EXPECT_EQ(call.progress_token, "7");
  reaction = dialogue.take(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"record_task"}})");
  EXPECT_EQ(std::get<wanted_call>(reaction).arguments, "{}");
  EXPECT_EQ(std::get<wanted_call>(reaction).progress_token, "");
}

TEST_F(mcp_conversation, an_unknown_tool_is_refused_with_the_name_that_was_meant) {
  initialize();
  EXPECT_THAT(answer(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"record_tsk"}})"),
              AllOf(HasSubstr("-32602"), HasSubstr("did you mean record_task?")));
  EXPECT_THAT(answer(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}})"), HasSubstr("/name"));
}

TEST_F(mcp_conversation, a_cancelled_request_is_named_as_it_was_sent) {
  auto reaction = dialogue.take(
    R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":12,"reason":"changed my mind"}})");
  EXPECT_EQ(std::get<cancelled_call>(reaction).id, "12");
}

TEST(mcp_tool, schemas_come_from_the_records_and_say_what_is_needed) {
  auto tools = some_tools();
  EXPECT_THAT(tools[0].input_schema,
              AllOf(HasSubstr(R"("required":["task_type","tool_name","completion_time_s","success"])"),
                    HasSubstr(R"("additionalProperties":false)"), HasSubstr("Stored in whole microseconds."),
                    HasSubstr("idempotency_key"), Not(HasSubstr("sequence"))));
  EXPECT_THAT(tools[0].output_schema,
              AllOf(HasSubstr("\"$defs\":{\"RejectedTask\":"), HasSubstr("\"$ref\":\"#/$defs/RejectedTask\""),
                    Not(HasSubstr("additionalProperties"))));
}

TEST(mcp_tool, wrong_arguments_are_named) {
  auto text = [](const std::string& arguments) {
    auto read = read_arguments<wire::TaskRecord>(arguments, {"sequence"});
    return read ? std::string{"accepted"} : text_of(read.error());
  };
  EXPECT_THAT(text("{}"), HasSubstr("/task_type is required"));
  EXPECT_THAT(text(R"({"task_type":"a","tool_name":"b","success":true,"completion_time_s":-1})"),
              HasSubstr("/completion_time_s must be at least 0"));
  EXPECT_THAT(text(R"({"task_type":"a","tool_name":"b","success":"yes","completion_time_s":1})"),
              HasSubstr("/success"));
  EXPECT_THAT(text(R"({"task_type":"a","tool_name":"b","success":true,"completion_time_s":1,"sequence":1})"),
              HasSubstr("/sequence is not a known field"));
  EXPECT_THAT(text(R"({"toolname":"b"})"), HasSubstr("/toolname is not a known field"));
  EXPECT_THAT(text("[]"), HasSubstr("wrong arguments"));
  EXPECT_EQ(text(R"({"task_type":"a","tool_name":"b","success":true,"completion_time_s":1})"), "accepted");
}

TEST(mcp_tool, a_query_string_has_what_was_given) {
  auto query = [](const std::string& arguments) {
    auto read = read_arguments<wire::RouteQuery>(arguments, {});
    auto out = query_of(capnp::DynamicStruct::Reader{**read});
    return out ? *out : text_of(out.error());
  };
  EXPECT_EQ(query(R"({"task_type":"a b&c"})"), "?task_type=a%20b%26c");
  EXPECT_EQ(query(R"({"task_type":"t","available":["x","y z"],"policy":"threshold"})"),
            "?task_type=t&available=x%2Cy%20z&policy=threshold");
  EXPECT_THAT(query(R"({"task_type":"t","available":["x,y"]})"), HasSubstr("/available"));
}

} // namespace
} // namespace hive::ctl::mcp
