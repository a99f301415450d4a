#include "messages/benchmark.capnp.h"
#include "messages/json.hpp"
#include "tests/apps/support/fake_node.hpp"
#include "tests/apps/support/hivectl.hpp"
#include "tests/paths.hpp"
#include "tests/support/temporary_directory.hpp"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto info = R"({"name":"startup","tier":"fast","source":"command","available":true,"timeout_s":30})";

msg<wire::CommandSpec> sent_to(const fake_node& node) {
  auto spec = from_json<wire::CommandSpec>(node.requests().back().body);
  if (!spec)
    throw std::runtime_error{text_of(spec.error())};
  return *spec;
}

std::vector<std::string> command_of(const msg<wire::CommandSpec>& spec) {
  std::vector<std::string> out;
  for (auto word : spec->getCommand())
    out.emplace_back(word.cStr());
  return out;
}

TEST(benchmark_list, prints_a_table) {
  auto node = answering(R"({"benchmarks":[{"name":"guardrail","tier":"fast","source":"builtin","available":true,
    "timeout_s":300},{"name":"qwen_encoder","tier":"heavy","source":"builtin","requires_gpu":true,
    "reason":"no GPU","timeout_s":0.5}]})");
  auto result = hivectl(node.url(), {"benchmark", "list"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(node.requests().back().target, "/api/v1/benchmarks");
  EXPECT_EQ(result.out, "NAME          TIER   SOURCE   TIMEOUT S  AVAILABLE  REASON\n"
                        "────────────  ─────  ───────  ─────────  ─────────  ──────\n"
                        "guardrail     fast   builtin        300  yes        -\n"
                        "qwen_encoder  heavy  builtin        0.5  no         no GPU\n");
}

TEST(benchmark_register, sends_the_command_untouched) {
  auto node = answering(info, 201);
  auto result = hivectl(node.url(), {"benchmark", "register", "startup", "--", "run", "[a,b]", "", "--json", "-x", "--",
                                     "{\"k\": \"v\"}", "a b"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(node.requests().back().method, "POST");
  EXPECT_EQ(node.requests().back().target, "/api/v1/benchmarks");
  EXPECT_THAT(command_of(sent_to(node)),
              ElementsAre("run", "[a,b]", "", "--json", "-x", "--", "{\"k\": \"v\"}", "a b"));
  EXPECT_THAT(result.out, HasSubstr("Registered startup")) << "--json belongs to the command";
}

TEST(benchmark_register, sends_every_option) {
  auto node = answering(info, 201);
  auto result = hivectl(node.url(), {"benchmark", "register", "--env", "A=[1,2]", "--env", "B=x=y", "startup", "--tier",
                                     "dynamic", "--timeout", "0.5", "--workdir", "/srv/x", "--", "true"});
  EXPECT_EQ(result.status, 0) << result.err;
  auto spec = sent_to(node);
  EXPECT_EQ(spec->getName(), "startup");
  EXPECT_EQ(spec->getTier(), wire::Tier::DYNAMIC);
  EXPECT_EQ(spec->getTimeoutS(), 0.5);
  EXPECT_EQ(spec->getWorkdir(), "/srv/x");
  ASSERT_EQ(spec->getEnvironment().size(), 2U);
  EXPECT_EQ(spec->getEnvironment()[0].getName(), "A");
  EXPECT_EQ(spec->getEnvironment()[0].getValue(), "[1,2]");
  EXPECT_EQ(spec->getEnvironment()[1].getValue(), "x=y");
}

TEST(benchmark_register, says_what_it_needs_of_a_gpu) {
  auto node = answering(info, 201);
  ASSERT_EQ(hivectl(node.url(), {"benchmark", "register", "startup", "--requires-gpu", "--", "true"}).status, 0);
  EXPECT_TRUE(sent_to(node)->getRequiresGpu());
  ASSERT_EQ(hivectl(node.url(), {"benchmark", "register", "startup", "--min-vram-gb", "7.5", "--", "true"}).status, 0);
  EXPECT_TRUE(sent_to(node)->getRequiresGpu()) << "memory of none is no memory";
  EXPECT_EQ(sent_to(node)->getMinVramGb(), 7.5);
  EXPECT_EQ(hivectl(node.url(), {"benchmark", "register", "x", "--min-vram-gb", "-1", "--", "true"}).status, 64);
}

TEST(benchmark_register, runs_in_the_directory_that_it_is_registered_from) {
  auto node = answering(info, 201);
  temporary_directory folder;
  auto run = hivectl_program({});
  run.command = {"/bin/sh", "-c",
                 "cd " + folder.path().string() + " && exec " + HIVECTL_FILE + " --url " + node.url() +
                   " benchmark register startup -- ./measure x"};
  auto result = run_program(run);
  ASSERT_EQ(result.status, 0) << result.err;
  auto here = std::filesystem::canonical(folder.path());
  EXPECT_EQ(sent_to(node)->getWorkdir(), here.string());
  EXPECT_THAT(command_of(sent_to(node)), ElementsAre((here / "measure").string(), "x"));
  EXPECT_THAT(result.out, HasSubstr("It runs " + (here / "measure").string() + " in " + here.string()));
}

TEST(benchmark_register, says_when_it_cannot_run_now) {
  auto node = answering(R"({"name":"startup","available":false,"reason":"/no/run does not exist"})", 201);
  auto result = hivectl(node.url(), {"benchmark", "register", "startup", "--", "/no/run"});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.out, HasSubstr("It cannot run now: /no/run does not exist\n"));
}

TEST(benchmark_register, replaces_only_when_asked) {
  auto node = answering(info, 201);
  ASSERT_EQ(hivectl(node.url(), {"benchmark", "register", "startup", "--", "true"}).status, 0);
  EXPECT_EQ(node.requests().back().target, "/api/v1/benchmarks");
  ASSERT_EQ(hivectl(node.url(), {"benchmark", "register", "startup", "--replace", "--", "true"}).status, 0);
  EXPECT_EQ(node.requests().back().target, "/api/v1/benchmarks?replace=true");
}

TEST(benchmark_register, under_a_name_in_use_is_refused) {
  fake_node node{[](const fake_request&) {
    return problem(409, R"({"title":"Exists","detail":"benchmark startup exists already","code":"already_exists"})");
  }};
  auto result = hivectl(node.url(), {"benchmark", "register", "startup", "--", "true"});
  EXPECT_EQ(result.status, 65);
  EXPECT_EQ(result.err, "hivectl: benchmark startup exists already\n");
}

TEST(benchmark_remove, names_what_is_gone) {
  auto node = answering(info);
  auto result = hivectl(node.url(), {"benchmark", "remove", "startup"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(node.requests().back().method, "DELETE");
  EXPECT_EQ(node.requests().back().target, "/api/v1/benchmarks/startup");
  EXPECT_THAT(result.out, HasSubstr("Removed startup"));
}

} // namespace
} // namespace hive::test
