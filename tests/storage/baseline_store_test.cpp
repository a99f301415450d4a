#include "storage/baseline_store.hpp"

#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <thread>

namespace hive {
namespace {

class baseline_store_test : public testing::Test {
protected:
  baseline_store_test() {
    open();
    write_set identity; // a store without one does not open again
    identity.put(column::meta, keys::node(), "n");
    if (auto failed = db->write(identity))
      throw std::runtime_error(text_of(failed));
  }

  void open() {
    db.reset();
    auto opened = database::open({.directory = temp.path()});
    if (!opened)
      throw std::runtime_error(text_of(opened.error()));
    db = std::move(*opened);
  }

  static msg<wire::Agent> agent(const stored_agent& who, int64_t changed_at_s = 0,
                                wire::AgentState state = wire::AgentState::NEW, bool active = false) {
    return msg<wire::Agent>::build([&](wire::Agent::Builder out) {
      out.setPromptId(who.prompt);
      out.setFlowId(who.flow);
      out.setChangedAt(changed_at_s * 1'000'000);
      out.setState(state);
      out.setActive(active);
    });
  }

  void put(const std::optional<msg<wire::Agent>>& before, const msg<wire::Agent>& after) {
    write_set writes;
    baseline_store::put_agent(writes, before, after);
    ASSERT_FALSE(db->write(writes));
  }

  std::string changed_since(uint64_t period) {
    std::string out;
    auto found = store().changes(period, {}, 100);
    for (const auto& each : *found)
      out += std::to_string(each.period) + ":" + each.who.prompt + "/" + each.who.flow + " ";
    return out;
  }

  baseline_store store() const {
    return baseline_store{*db};
  }

  temporary_directory temp;
  std::unique_ptr<database> db;
};

TEST_F(baseline_store_test, counts_each_agent_once_also_across_restarts) {
  EXPECT_EQ(*store().known(), 0u);
  auto first = agent({"a", "1"});
  put({}, first);
  put(first, first);
  for (int i = 0; i < 200; ++i)
    put({}, agent({"p" + std::to_string(i), "0"}));
  EXPECT_EQ(*store().known(), 201u);
  open();
  EXPECT_EQ(*store().known(), 201u);
}

TEST_F(baseline_store_test, additions_of_several_writers_are_all_counted) {
  std::vector<std::thread> writers;
  for (int w = 0; w < 4; ++w)
    writers.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        write_set writes;
        writes.add_to_counter("c", i % 2 == 0 ? 3 : -1);
        ASSERT_FALSE(db->write(writes));
      }
    });
  for (auto& writer : writers)
    writer.join();
  EXPECT_EQ(*db->counter("c"), 4 * 25 * 2);
  open();
  EXPECT_EQ(*db->counter("c"), 4 * 25 * 2);
  EXPECT_EQ(*db->counter("unknown"), 0);
}

TEST_F(baseline_store_test, a_damaged_counter_is_reported) {
  write_set writes;
  writes.put(column::meta, "c", "seven");
  ASSERT_FALSE(db->write(writes));
  auto count = db->counter("c");
  ASSERT_FALSE(count);
  EXPECT_EQ(code_of(count.error()), ec::corrupt);
}

TEST_F(baseline_store_test, an_agent_has_one_place_among_the_changes) {
  auto early = agent({"a", "1"}, 100);
  put({}, early);
  put({}, agent({"b", "1"}, 700));
  EXPECT_EQ(changed_since(0), "0:a/1 1:b/1 ");
  auto same_period = agent({"a", "1"}, 500);
  put(early, same_period);
  EXPECT_EQ(changed_since(0), "0:a/1 1:b/1 ");
  put(same_period, agent({"a", "1"}, 70'000));
  EXPECT_EQ(changed_since(0), "1:b/1 116:a/1 ");
  EXPECT_EQ(changed_since(2), "116:a/1 ");
  auto rest = store().changes(0, baseline_store::change{1, {"b", "1"}}, 100);
  ASSERT_EQ(rest->size(), 1u);
  EXPECT_EQ((*rest)[0].who.prompt, "a");
}

TEST_F(baseline_store_test, marks_follow_the_state) {
  auto healthy = agent({"a", "1"}, 0, wire::AgentState::HEALTHY, true);
  auto regressed = agent({"a", "1"}, 0, wire::AgentState::REGRESSED);
  auto count = [&] {
    size_t out = 0;
    EXPECT_FALSE(store().visit_regressed({}, [&](const stored_agent&) {
      ++out;
      return database::scan::next;
    }));
    return out;
  };
  put({}, healthy);
  EXPECT_EQ(count(), 0u);
  EXPECT_EQ(store().active({}, 10)->size(), 1u);
  put(healthy, regressed);
  EXPECT_EQ(count(), 1u);
  EXPECT_EQ(store().active({}, 10)->size(), 0u);
  put(regressed, healthy);
  EXPECT_EQ(count(), 0u);
}

TEST_F(baseline_store_test, versions_are_ordered_as_numbers_and_agents_are_apart) {
  write_set writes;
  for (uint32_t version : {10, 9, 11, 300, 70'000})
    baseline_store::put_baseline(
      writes, {"a", "1"}, msg<wire::Baseline>::build([&](wire::Baseline::Builder out) { out.setVersion(version); }));
  baseline_store::put_baseline(writes, {"a", "12"}, msg<wire::Baseline>{});
  ASSERT_FALSE(db->write(writes));
  std::string order;
  auto page = store().summaries({"a", "1"}, 9, 3);
  for (const auto& each : *page)
    order += std::to_string(each->getVersion()) + " ";
  EXPECT_EQ(order, "10 11 300 ");
  order.clear();
  EXPECT_FALSE(store().visit_summaries_back({"a", "1"}, [&](const msg<wire::BaselineSummary>& each) {
    order += std::to_string(each->getVersion()) + " ";
    return order.size() < 10 ? database::scan::next : database::scan::stop;
  }));
  EXPECT_EQ(order, "70000 300 ");
  EXPECT_TRUE(*store().baseline({"a", "1"}, 9));
  EXPECT_FALSE(*store().baseline({"a", "2"}, 9));
}

} // namespace
} // namespace hive
