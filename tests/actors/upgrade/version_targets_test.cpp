#include "actors/upgrade/version_targets.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> words(capnp::List<capnp::Text>::Reader list) {
  std::vector<std::string> out;
  for (auto word : list)
    out.emplace_back(word.cStr());
  return out;
}

class version_targets_test : public testing::Test {
protected:
  version_targets_test() {
    std::filesystem::create_directories(scratch.path() / "v1");
  }

  temporary_directory scratch;
  version_targets targets;
};

TEST_F(version_targets_test, a_version_has_a_directory_and_an_environment) {
  targets.versions["*"] = {
    .directory = scratch.path() / "{version}", .container = {}, .environment = {{"HOME_OF", "/x/{version}"}}};
  auto found = targets.find("v1");
  ASSERT_TRUE(found) << text_of(found.error());
  EXPECT_EQ((*found)->getDirectory().cStr(), (scratch.path() / "v1").string());
  EXPECT_EQ(as_view((*found)->getEnvironment()[0].getName()), "HOME_OF");
  EXPECT_EQ(as_view((*found)->getEnvironment()[0].getValue()), "/x/v1");
  EXPECT_EQ((*found)->getPrefix().size(), 0U);
}

TEST_F(version_targets_test, one_of_its_own_stands_above_the_general_one) {
  targets.versions["*"] = {.directory = "/nowhere", .container = {}, .environment = {}};
  targets.versions["v1"] = {.directory = scratch.path() / "v1", .container = {}, .environment = {}};
  EXPECT_TRUE(targets.find("v1"));
  auto none = targets.find("v2");
  EXPECT_EQ(code_of(none.error()), ec::invalid);
  EXPECT_THAT(text_of(none.error()), HasSubstr("/nowhere, which is no directory"));
}

TEST_F(version_targets_test, a_container_gets_the_environment_before_its_image) {
  targets.versions["v1"] = {.directory = {}, .container = "app:{version}", .environment = {{"A", "b c"}}};
  auto found = targets.find("v1");
  ASSERT_TRUE(found);
  EXPECT_THAT(words((*found)->getPrefix()),
              ElementsAre("podman", "run", "--rm", "--env=HIVE_VERSION=v1", "--env=A=b c", "app:v1"));
}

TEST_F(version_targets_test, nothing_says_how_to_run_a_version_that_is_not_listed) {
  auto none = targets.find("v9");
  EXPECT_EQ(code_of(none.error()), ec::invalid);
  EXPECT_THAT(text_of(none.error()), HasSubstr("version v9 is not in [versions]"));
}

TEST_F(version_targets_test, a_target_is_one_thing) {
  targets.versions["v1"] = {.directory = "relative", .container = {}, .environment = {}};
  EXPECT_THAT(text_of(targets.validate()), HasSubstr("v1: directory must be an absolute path"));
  targets.versions["v1"] = {.directory = "/x", .container = "image", .environment = {}};
  EXPECT_THAT(text_of(targets.validate()), HasSubstr("both a directory and a container"));
  targets.versions["v1"] = {.directory = {}, .container = "image", .environment = {}};
  EXPECT_FALSE(targets.validate());
  targets.container_command.clear();
  EXPECT_THAT(text_of(targets.validate()), HasSubstr("container_command"));
}

} // namespace
} // namespace hive
