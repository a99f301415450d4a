#include "actors/benchmark/adapter_table.hpp"

#include "tests/support/test_system.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using testing::HasSubstr;

/// Provides adapters that do nothing until they are ended.
class adapter_table_fixture : public testing::Test {
protected:
  adapter_definition define(const std::string& name) {
    adapter_definition out;
    out.name = name;
    out.spawn = [this] {
      ++spawned;
      return tests.system().spawn([](adapter_actor::pointer) -> adapter_actor::behavior_type {
        return {[](const msg<wire::MeasureRequest>&) { return msg<wire::Measurement>{}; }};
      });
    };
    return out;
  }

  /// Kills an adapter and informs the table that it ended.
  void kill(const std::string& name) {
    caf::anon_send_exit(table.find(name)->handle, caf::exit_reason::kill);
    tests.client()->receive([&](const caf::down_msg& down) { table.on_down(down); });
  }

  std::string reason(const std::string& name) {
    auto info = adapter_table::describe(*table.find(name));
    return info->getAvailable() ? "" : info->getReason().cStr();
  }

  test_system tests;
  size_t spawned = 0;
  adapter_table table{*tests.client().ptr()};
};

TEST_F(adapter_table_fixture, replaces_one_that_ends_unless_it_ends_too_often) {
  table.add(define("a"));
  for (uint32_t i = 0; i < defaults::max_restarts; ++i) {
    kill("a");
    ASSERT_TRUE(table.find("a")->handle);
    EXPECT_EQ(spawned, i + 2);
  }
  EXPECT_EQ(reason("a"), "");
  kill("a");
  EXPECT_FALSE(table.find("a")->handle);
  EXPECT_THAT(reason("a"), HasSubstr("ended too often"));
  EXPECT_EQ(spawned, defaults::max_restarts + 1);
}

TEST_F(adapter_table_fixture, ends_one_that_hung_and_leaves_who_took_its_name) {
  table.add(define("a"));
  table.add(define("b"));
  std::map<std::string, adapter_actor> asked{{"a", table.find("a")->handle}, {"b", table.find("b")->handle}};
  table.release("a");
  auto successor = table.add(define("a")).handle;
  table.replace_hung({"a", "b"}, asked);
  tests.client()->wait_for(asked.at("a"), asked.at("b"));
  EXPECT_EQ(table.find("a")->handle, successor);
  ASSERT_TRUE(table.find("b")->handle);
  EXPECT_NE(table.find("b")->handle, asked.at("b"));
}

TEST_F(adapter_table_fixture, spawns_none_that_needs_a_gpu) {
  auto definition = define("a");
  definition.requires_gpu = true;
  EXPECT_FALSE(table.add(definition).handle);
  EXPECT_EQ(spawned, 0u);
  EXPECT_THAT(reason("a"), HasSubstr("needs a GPU lease"));
}

TEST_F(adapter_table_fixture, ends_one_that_is_removed_without_replacing_it) {
  auto handle = table.add(define("a")).handle;
  table.end("a");
  tests.client()->wait_for(handle);
  EXPECT_EQ(table.find("a"), nullptr);
  EXPECT_EQ(table.size(), 0u);
  EXPECT_EQ(spawned, 1u);
  table.end("a"); // there is no such adapter
}

} // namespace
} // namespace hive
