#include "actors/engines/spawn_policy.hpp"

#include "messages/ec.hpp"
#include "messages/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using testing::HasSubstr;

msg<wire::SpawnSpec> spec(const std::string& json) {
  auto out = from_json<wire::SpawnSpec>(json);
  if (!out)
    throw std::runtime_error(text_of(out.error()));
  return *out;
}

const auto adapter = R"({"adapter":{"name":"a","command":["/opt/measure","--fast","x"]}})";
const auto research = R"({"research":{"id":"r","topic":"speed"}})";
const auto benchmark = R"({"benchmark":{"name":"b","repo_url":"file:///b","run_command":["./measure"]}})";

spawn_policy open_policy() {
  spawn_policy out;
  out.adapters = out.research = true;
  out.commands = {{"/opt/measure", "--fast"}};
  return out;
}

TEST(spawn_policy, allows_nothing_by_default) {
  spawn_policy closed;
  EXPECT_THAT(text_of(closed.check_kind(*spec(adapter))), HasSubstr("engines.allow"));
  EXPECT_EQ(code_of(closed.check_spawn(*spec(research))), ec::forbidden);
}

TEST(spawn_policy, allows_what_is_listed) {
  EXPECT_FALSE(open_policy().check_spawn(*spec(adapter)));
  EXPECT_FALSE(open_policy().check_spawn(*spec(research)));
  EXPECT_THAT(text_of(open_policy().check_spawn(*spec(benchmark))), HasSubstr("benchmark is not among engines.allow"));
  auto policy = open_policy();
  policy.benchmarks = true;
  EXPECT_FALSE(policy.check_spawn(*spec(benchmark)));
}

TEST(spawn_policy, refuses_commands_that_are_not_listed_with_the_reason) {
  auto policy = open_policy();
  policy.commands.clear();
  EXPECT_THAT(text_of(policy.check_spawn(*spec(adapter))), HasSubstr("running a command is operating the node"));
  EXPECT_FALSE(policy.check_kind(*spec(adapter))) << "another node may list it";
}

TEST(spawn_policy, compares_whole_words) {
  for (const auto* command : {R"(["/opt/measure"])", R"(["/opt/measure","--faster"])", R"(["/opt/measure2","--fast"])",
                              R"(["/opt/measure --fast"])", R"(["/tmp/../opt/measure","--fast"])", R"(["--fast"])"})
    EXPECT_EQ(
      code_of(open_policy().check_spawn(*spec(std::string{R"({"adapter":{"name":"a","command":)"} + command + "}}"))),
      ec::forbidden)
      << command;
}

TEST(spawn_policy, leaves_environment_and_directory_to_the_operator) {
  for (const auto* extra : {R"("environment":{"LD_PRELOAD":"/tmp/x.so"})", R"("workdir":"/tmp")"})
    EXPECT_THAT(text_of(open_policy().check_spawn(
                  *spec(std::string{R"({"adapter":{"name":"a","command":["/opt/measure","--fast"],)"} + extra + "}}"))),
                HasSubstr("may not set"))
      << extra;
}

TEST(spawn_policy, lets_stay_only_where_that_is_allowed) {
  auto staying = spec(R"({"research":{"id":"r","topic":"speed"},"stay":true})");
  auto policy = open_policy();
  EXPECT_THAT(text_of(policy.check_spawn(*staying)), HasSubstr("stay_allowed"));
  policy.stay = true;
  EXPECT_FALSE(policy.check_spawn(*staying));
}

TEST(spawn_policy, wants_exactly_one_thing) {
  EXPECT_EQ(code_of(open_policy().check_kind(*msg<wire::SpawnSpec>{})), ec::invalid);
  auto both = msg<wire::SpawnSpec>::build([&](wire::SpawnSpec::Builder out) {
    out.setAdapter(spec(adapter)->getAdapter());
    out.setResearch(spec(research)->getResearch());
  });
  EXPECT_EQ(code_of(open_policy().check_kind(*both)), ec::invalid);
  EXPECT_EQ(code_of(open_policy().check_kind(*spec(R"({"research":{"topic":"speed"}})"))), ec::invalid) << "no id";
}

TEST(spawn_policy, refuses_programs_that_the_path_decides_on) {
  auto policy = open_policy();
  policy.commands = {{"python3", "x.py"}};
  EXPECT_EQ(code_of(policy.validate()), ec::invalid);
  policy.commands = {{}};
  EXPECT_EQ(code_of(policy.validate()), ec::invalid);
  EXPECT_FALSE(open_policy().validate());
}

} // namespace
} // namespace hive
