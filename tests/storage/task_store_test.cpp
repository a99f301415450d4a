#include "storage/task_store.hpp"

#include "messages/text.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct given_task {
  std::string task_type = "feature";
  std::string tool = "aider";
  std::string model = "gpt-4o";
  std::string user = "u1";
  std::string key = {};
};

msg<wire::TaskRecord> record(const given_task& given) {
  return msg<wire::TaskRecord>::build([&](wire::TaskRecord::Builder out) {
    out.setTaskType(given.task_type);
    out.setToolName(given.tool);
    out.setModelName(given.model);
    out.setUserId(given.user);
    out.setIdempotencyKey(given.key);
    out.setCompletionTimeS(1.5);
    out.setSuccess(true);
  });
}

msg<wire::TaskQuery> query(const std::function<void(wire::TaskQuery::Builder)>& fill = [](auto) {}) {
  return msg<wire::TaskQuery>::build(fill);
}

class task_store_test : public testing::Test {
protected:
  /// Stores a record under the next number, which is also its time in microseconds.
  void put(const given_task& given = {}) {
    write_set writes;
    ++last_;
    task_store::put(writes, *record(given), {{last_}, static_cast<int64_t>(last_), false});
    ASSERT_FALSE(db->write(writes));
  }

  void write(const write_set& writes) {
    ASSERT_FALSE(db->write(writes));
  }

  std::vector<uint64_t> find(const msg<wire::TaskQuery>& what, size_t budget = 1'000) {
    auto page = store.find(*what, budget);
    if (!page) {
      ADD_FAILURE() << text_of(page.error());
      return {};
    }
    next = (*page)->getNext().cStr();
    std::vector<uint64_t> out;
    for (auto task : (*page)->getTasks())
      out.push_back(task.getSequence());
    return out;
  }

  temporary_directory dir;
  std::unique_ptr<database> db = std::move(*database::open({.directory = dir.path()}));
  task_store store{*db};
  std::string next;

private:
  uint64_t last_ = 0;
};

TEST_F(task_store_test, is_empty_at_first) {
  EXPECT_EQ(store.newest()->value, 0u);
  EXPECT_EQ(store.oldest()->value, 0u);
  EXPECT_THAT(find(query()), IsEmpty());
  EXPECT_EQ(next, "");
}

TEST_F(task_store_test, gives_back_what_it_was_given_with_the_nodes_stamp) {
  write_set writes;
  task_store::put(writes, *record({"refactor", "ruff", "qwen", "user", "key-1"}), {{7}, 123, true});
  write(writes);
  auto page = store.find(*query());
  ASSERT_TRUE(page) << text_of(page.error());
  ASSERT_EQ((*page)->getTasks().size(), 1u);
  auto task = (*page)->getTasks()[0];
  EXPECT_EQ(as_view(task.getTaskType()), "refactor");
  EXPECT_EQ(as_view(task.getToolName()), "ruff");
  EXPECT_EQ(as_view(task.getModelName()), "qwen");
  EXPECT_EQ(as_view(task.getUserId()), "user");
  EXPECT_EQ(as_view(task.getIdempotencyKey()), "key-1");
  EXPECT_EQ(task.getCompletionTimeS(), 1.5);
  EXPECT_TRUE(task.getSuccess());
  EXPECT_FALSE(task.getOffloaded());
  EXPECT_EQ(task.getTimestamp(), 123);
  EXPECT_TRUE(task.getTimestampCorrected());
  EXPECT_EQ(task.getSequence(), 7u);
  EXPECT_EQ(store.newest()->value, 7u);
}

TEST_F(task_store_test, the_longest_names_fit) {
  std::string longest(128, 'x');
  put({longest, longest, longest, longest, std::string(64, 'k')});
  put(); // checks that the buffer for records is clean again
  auto page = store.find(*query());
  ASSERT_TRUE(page) << text_of(page.error());
  EXPECT_EQ(as_view((*page)->getTasks()[1].getUserId()), longest);
  EXPECT_EQ(as_view((*page)->getTasks()[0].getUserId()), "u1");
  EXPECT_EQ(as_view((*page)->getTasks()[0].getIdempotencyKey()), "");
}

TEST_F(task_store_test, every_condition_that_is_given_must_hold) {
  put({"a", "t1", "m1", "u1"});
  put({"a", "t2", "m1", "u2"});
  put({"b", "t1", "m2", "u1"});
  put({"a", "t1", "m2", "u2"});
  EXPECT_THAT(find(query()), ElementsAre(4, 3, 2, 1));
  EXPECT_THAT(find(query([](auto q) { q.setTaskType("a"); })), ElementsAre(4, 2, 1));
  EXPECT_THAT(find(query([](auto q) { q.setToolName("t1"); })), ElementsAre(4, 3, 1));
  EXPECT_THAT(find(query([](auto q) { q.setModelName("m2"); })), ElementsAre(4, 3));
  EXPECT_THAT(find(query([](auto q) { q.setUserId("u2"); })), ElementsAre(4, 2));
  EXPECT_THAT(find(query([](auto q) {
                q.setTaskType("a");
                q.setUserId("u2");
                q.setModelName("m2");
              })),
              ElementsAre(4));
  EXPECT_THAT(find(query([](auto q) { q.setTaskType("A"); })), IsEmpty());
  EXPECT_THAT(find(query([](auto q) {
                q.setSince(2);
                q.setUntil(4);
              })),
              ElementsAre(3, 2))
    << "since is included, until is not";
}

TEST_F(task_store_test, pages_meet_without_gap_or_overlap) {
  for (int i = 0; i < 25; ++i)
    put({i % 3 == 0 ? "a" : "b"});
  std::vector<uint64_t> all;
  std::string after;
  do {
    auto page = find(query([&](auto q) {
      q.setTaskType("b");
      q.setLimit(4);
      q.setAfter(after);
    }));
    EXPECT_LE(page.size(), 4u);
    all.insert(all.end(), page.begin(), page.end());
    after = next;
  } while (!after.empty());
  EXPECT_THAT(all, ElementsAre(24, 23, 21, 20, 18, 17, 15, 14, 12, 11, 9, 8, 6, 5, 3, 2));
}

TEST_F(task_store_test, a_page_that_is_exactly_full_is_the_last) {
  put();
  put();
  EXPECT_EQ(find(query([](auto q) { q.setLimit(2); })).size(), 2u);
  EXPECT_EQ(next, "");
  EXPECT_EQ(find(query([](auto q) { q.setLimit(1); })).size(), 1u);
  EXPECT_EQ(next, "2");
}

TEST_F(task_store_test, a_page_looks_at_so_many_records_only) {
  put({"rare"});
  for (int i = 0; i < 10; ++i)
    put({"common"});
  auto rare = [&](const std::string& after) {
    return query([&](auto q) {
      q.setTaskType("rare");
      q.setAfter(after);
    });
  };
  EXPECT_THAT(find(rare(""), 6), IsEmpty());
  EXPECT_EQ(next, "6") << "numbers 11 to 6 were looked at";
  EXPECT_THAT(find(rare(next), 6), ElementsAre(1));
  EXPECT_EQ(next, "");
}

TEST_F(task_store_test, refuses_an_after_that_is_no_pages_next) {
  for (const char* wrong : {"x", "1x", "-1", "99999999999999999999999", " 1"}) {
    auto page = store.find(*query([&](auto q) { q.setAfter(wrong); }));
    ASSERT_FALSE(page) << wrong;
    EXPECT_EQ(code_of(page.error()), ec::invalid);
    EXPECT_THAT(text_of(page.error()), HasSubstr(wrong));
  }
}

TEST_F(task_store_test, erases_old_records_alone) {
  for (int i = 0; i < 10; ++i)
    put();
  write_set writes;
  task_store::erase(writes, {1}, {8});
  write(writes);
  EXPECT_THAT(find(query()), ElementsAre(10, 9, 8));
  EXPECT_EQ(store.oldest()->value, 8u);
  EXPECT_EQ(store.newest()->value, 10u);
}

TEST_F(task_store_test, finds_where_the_old_ones_end) {
  EXPECT_EQ(store.first_not_before(100, 10)->value, 0u) << "no record at all";
  for (int i = 0; i < 10; ++i)
    put();
  EXPECT_EQ(store.first_not_before(1, 100)->value, 1u) << "nothing is old";
  EXPECT_EQ(store.first_not_before(4, 100)->value, 4u);
  EXPECT_EQ(store.first_not_before(4, 2)->value, 3u) << "two were looked at";
  EXPECT_EQ(store.first_not_before(1'000, 100)->value, 11u) << "all are old";
}

TEST_F(task_store_test, damaged_records_are_named_not_returned) {
  put();
  for (std::string bytes : {std::string{"short"}, std::string(16, '\xFF'), std::string(8'192, '\0'), std::string{}}) {
    write_set writes;
    writes.put(column::tasks, keys::task({2}), bytes);
    write(writes);
    auto page = store.find(*query());
    ASSERT_FALSE(page) << bytes.size();
    EXPECT_EQ(code_of(page.error()), ec::corrupt);
    EXPECT_THAT(text_of(page.error()), HasSubstr("tasks/r"));
  }
}

TEST_F(task_store_test, keeps_the_newest_state_of_a_cell_and_of_a_delta) {
  write_set writes;
  for (uint64_t n : {1, 2})
    task_store::put_cell(writes, msg<wire::ToolCell>::build([&](wire::ToolCell::Builder out) {
                           out.setTaskType("a");
                           out.setToolName("t");
                           out.setSampleCount(n);
                           out.initSums();
                         }));
  for (double ts : {1.0, 2.0})
    task_store::put_delta(writes, "peer", msg<wire::LearningDelta>::build([&](wire::LearningDelta::Builder out) {
                            out.initCodingBenchmarks(1)[0].setTaskType("a");
                            out.setTs(ts);
                          }));
  write(writes);
  std::vector<uint64_t> cells;
  EXPECT_FALSE(store.visit_cells([&](wire::ToolCell::Reader cell) -> caf::error {
    cells.push_back(cell.getSampleCount());
    return caf::none;
  }));
  EXPECT_THAT(cells, ElementsAre(2));
  std::vector<std::pair<std::string, double>> deltas;
  EXPECT_FALSE(store.visit_deltas([&](std::string_view origin, wire::LearningDelta::Reader delta) -> caf::error {
    deltas.emplace_back(origin, delta.getTs());
    return caf::none;
  }));
  EXPECT_THAT(deltas, ElementsAre(std::pair{std::string{"peer"}, 2.0}));
}

TEST_F(task_store_test, groups_of_digests_come_in_order_and_go_from_the_front) {
  write_set writes;
  for (uint64_t first : {300, 2, 70'000})
    task_store::put_key_group(writes, first, std::to_string(first));
  write(writes);
  auto groups = [&] {
    std::vector<uint64_t> out;
    EXPECT_FALSE(store.visit_key_groups([&](uint64_t first, std::string_view digests) -> caf::error {
      EXPECT_EQ(digests, std::to_string(first));
      out.push_back(first);
      return caf::none;
    }));
    return out;
  };
  EXPECT_THAT(groups(), ElementsAre(2, 300, 70'000));
  write_set erasing;
  task_store::erase_key_groups(erasing, 300);
  write(erasing);
  EXPECT_THAT(groups(), ElementsAre(300, 70'000));
}

TEST_F(task_store_test, visits_stop_at_the_first_error) {
  write_set writes;
  task_store::put_key_group(writes, 1, "x");
  task_store::put_key_group(writes, 2, "y");
  write(writes);
  int seen = 0;
  auto error = store.visit_key_groups([&](uint64_t, std::string_view) {
    ++seen;
    return fail(ec::corrupt, "as the test wants it");
  });
  EXPECT_EQ(code_of(error), ec::corrupt);
  EXPECT_EQ(seen, 1);
}

} // namespace
} // namespace hive
