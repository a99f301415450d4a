#include "actors/upgrade/hooks/hook_input.hpp"

#include "actors/upgrade/hooks/hook_options.hpp"
#include "messages/ec.hpp"
#include "messages/json.hpp"
#include "messages/text.hpp"

#include <csignal>
#include <gmock/gmock.h>
#include <map>

namespace hive {
namespace {

using testing::HasSubstr;

hook_order deploy_order() {
  return {"deploy", "t0ken", "main", "p1", "v1", "v2", "approved", "all voted safe", "ab12", "n1", 7, 2, {"n1", "n2"}};
}

std::string input_of(const msg<wire::RunCommand>& command) {
  auto chars = command->getInput().asChars();
  return {chars.begin(), chars.size()};
}

msg<wire::RunResult> result(const std::function<void(wire::RunResult::Builder)>& fill) {
  return msg<wire::RunResult>::build(fill);
}

kj::ArrayPtr<const kj::byte> bytes(const std::string& text) {
  return {bytes_of(text), text.size()};
}

TEST(hook_input, is_one_json_object_in_a_line) {
  EXPECT_EQ(to_json(hook_input_of(deploy_order())),
            R"({"action":"deploy","token":"t0ken","track":"main","proposal":"p1","from":"v1","to":"v2",)"
            R"("decision":"approved","reason":"all voted safe","hash":"ab12","node":"n1","position":7,"stage":2,)"
            R"("canaries":["n1","n2"]})");
}

TEST(hook_input, can_be_read_as_its_schema_says) {
  auto order = deploy_order();
  order.reason = "a \"quote\"\nand a line \xc3\xa4";
  auto read = from_json<wire::HookInput>(to_json(hook_input_of(order)));
  ASSERT_TRUE(read) << text_of(read.error());
  EXPECT_EQ((*read)->getReason().cStr(), order.reason);
}

TEST(hook_input, of_any_order_is_bounded_utf8) {
  auto order = deploy_order();
  order.reason = std::string(100'000, '\xff');
  order.canaries.assign(1'000, std::string(1'000, 'n'));
  auto input = hook_input_of(order);
  EXPECT_LE(input->getReason().size(), 4'096u);
  EXPECT_TRUE(is_utf8(as_view(input->getReason())));
  EXPECT_EQ(input->getCanaries().size(), 64u);
  EXPECT_LE(to_json(input).size(), defaults::max_process_input_bytes);
}

TEST(hook_input, the_process_gets_the_decision_twice) {
  hook_runner_options options;
  options.workdir = "/srv";
  options.timeout = std::chrono::seconds{7};
  options.environment = {{"REGION", "eu"}, {"HIVE_TOKEN", "not this one"}};
  std::vector<std::string> command{"/bin/deploy", "now"};
  auto process = hook_process_of(deploy_order(), command, options);
  EXPECT_EQ(process->getCommand().size(), 2u);
  EXPECT_EQ(process->getWorkdir(), "/srv");
  EXPECT_EQ(process->getTimeoutS(), 7);
  EXPECT_EQ(input_of(process), to_json(hook_input_of(deploy_order())) + "\n");
  std::map<std::string, std::string> variables; // the last value of a name holds
  for (auto each : process->getEnvironment())
    variables[each.getName()] = each.getValue();
  std::map<std::string, std::string> expected{
    {"REGION", "eu"},    {"HIVE_TOKEN", "t0ken"}, {"HIVE_ACTION", "deploy"}, {"HIVE_TRACK", "main"},
    {"HIVE_FROM", "v1"}, {"HIVE_TO", "v2"},       {"HIVE_PROPOSAL", "p1"},   {"HIVE_NODE", "n1"}};
  EXPECT_EQ(variables, expected);
}

TEST(hook_outcome, has_a_status_other_than_0_unless_all_is_well) {
  std::vector<std::string> command{"deploy"};
  auto status = [&](auto fill) {
    auto ended = result(fill); // kept: the outcome reads it
    return hook_outcome_of(command, *ended).exit_status;
  };
  EXPECT_EQ(status([](wire::RunResult::Builder) {}), 0);
  EXPECT_EQ(status([](wire::RunResult::Builder out) { out.setExitStatus(3); }), 3);
  EXPECT_EQ(status([](wire::RunResult::Builder out) {
              out.setExitStatus(-1);
              out.setSignal(SIGKILL);
            }),
            128 + SIGKILL);
  EXPECT_EQ(status([](wire::RunResult::Builder out) { out.setTimedOut(true); }), 128 + SIGTERM);
  EXPECT_EQ(status([](wire::RunResult::Builder out) { out.setLeftProcesses(true); }), hook_left_processes);
}

TEST(hook_outcome, shows_the_last_lines_in_printable_form) {
  std::vector<std::string> command{"deploy"};
  auto text = [&](auto fill) {
    auto ended = result(fill);
    return hook_outcome_of(command, *ended).output;
  };
  EXPECT_EQ(text([](wire::RunResult::Builder out) { out.setStdout(bytes("one\ntwo\n\n")); }), "one / two");
  EXPECT_EQ(text([](wire::RunResult::Builder out) { out.setStderr(bytes("note\n")); }), "note");
  auto failed = text([](wire::RunResult::Builder out) {
    out.setExitStatus(3);
    out.setStdout(bytes("step 1\n"));
    out.setStderr(bytes("no such host\n"));
  });
  EXPECT_EQ(failed,
            "command 'deploy' exited with status 3; its standard error ends with: no such host; its output ends "
            "with: step 1");
  EXPECT_THAT(text([](wire::RunResult::Builder out) { out.setLeftProcesses(true); }), HasSubstr("could not be ended"));
  EXPECT_EQ(text([](wire::RunResult::Builder out) { out.setStdout(bytes("\x1b[31mred\x1b[0m \x01 \xff")); }),
            "red ? ?");
  auto many = text([](wire::RunResult::Builder out) {
    std::string lines;
    for (int i = 0; i < 100; ++i)
      lines += std::to_string(i) + "\n";
    out.setStdout(bytes(lines));
  });
  EXPECT_EQ(many, "90 / 91 / 92 / 93 / 94 / 95 / 96 / 97 / 98 / 99");
  EXPECT_LE(text([](wire::RunResult::Builder out) { out.setStdout(bytes(std::string(100'000, 'x'))); }).size(),
            defaults::max_hook_text_bytes + 3);
}

TEST(hook_runner_options, name_what_is_wrong) {
  auto refused = [](const hook_runner_options& options, const std::string& why) {
    auto error = options.validate();
    EXPECT_EQ(code_of(error), ec::invalid);
    EXPECT_THAT(text_of(error), HasSubstr(why));
  };
  EXPECT_FALSE(hook_runner_options{}.validate());
  EXPECT_FALSE((hook_runner_options{.commands = {{"deploy", {"true"}}, {"on_reject", {}}}}.validate()));
  refused({.commands = {{"on_abort", {"true"}}}}, "on_abort");
  refused({.commands = {{"deploy", {""}}}}, "deploy has no program");
  refused({.commands = {{"deploy", std::vector<std::string>(257, "x")}}}, "deploy has more than 256");
  refused({.timeout = std::chrono::milliseconds{0}}, "timeout_s");
  refused({.timeout = std::chrono::hours{25}}, "timeout_s");
  refused({.kill_grace = std::chrono::milliseconds{-1}}, "kill_grace");
}

} // namespace
} // namespace hive
