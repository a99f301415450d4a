#include "actors/history/historian.hpp"

#include "actors/store/committer.hpp"
#include "messages/history.capnp.h"
#include "messages/text.hpp"
#include "tests/actors/history/made_history.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_system.hpp"
#include "tests/support/wait_until.hpp"

#include <gmock/gmock.h>
#include <set>

namespace hive {
namespace {

using testing::HasSubstr;

class historian_test : public testing::Test {
protected:
  historian_test() {
    auto opened = database::open({.directory = temp.path()});
    if (!opened)
      throw std::runtime_error(text_of(opened.error()));
    db = std::move(*opened);
    historian = spawn_historian(actors.system(), {db});
  }

  ~historian_test() override {
    caf::anon_send_exit(historian, caf::exit_reason::user_shutdown);
    actors.client()->wait_for(historian);
  }

  void add(const msg<wire::Snapshot>& snapshot) {
    write_set writes;
    series_store::append(*snapshot, writes);
    ASSERT_FALSE(db->write(writes));
  }

  void mark_deleted(const msg<wire::Snapshot>& snapshot) {
    write_set writes;
    series_store::mark_deleted(*snapshot, {"a backup ran", 1}, writes);
    ASSERT_FALSE(db->write(writes));
  }

  /// Values 1 to `count`, with a step of +10% after the first half.
  void add_step(uint64_t count) {
    for (uint64_t id = 1; id <= count; ++id)
      add(snapshot(id, count));
  }

  /// As many values of this node.
  void add_many(uint64_t count) {
    write_set writes;
    for (uint64_t id = 1; id <= count; ++id)
      series_store::append(*made_snapshot(id, "v" + std::to_string(id / 100), noisy(id, 100)), writes);
    ASSERT_FALSE(db->write(writes));
  }

  static msg<wire::Snapshot> snapshot(uint64_t id, uint64_t count) {
    return made_snapshot(id, "v" + std::to_string(id), noisy(id, id <= count / 2 ? 100 : 110), id % 2 == 0);
  }

  caf::expected<msg<wire::MetricHistory>> history(const std::function<void(wire::MetricHistoryQuery::Builder)>& more =
                                                    [](auto) {}) {
    return actors.ask<msg<wire::MetricHistory>>(
      historian, msg<wire::MetricHistoryQuery>::build([&](wire::MetricHistoryQuery::Builder out) {
        out.setAdapter("a");
        out.setName("m");
        more(out);
      }));
  }

  caf::expected<msg<wire::ChangeList>> changes(bool worse = false) {
    return actors.ask<msg<wire::ChangeList>>(
      historian, msg<wire::ChangesQuery>::build([&](wire::ChangesQuery::Builder out) { out.setWorse(worse); }));
  }

  temporary_directory temp;
  std::shared_ptr<database> db;
  test_system actors;
  historian_actor historian;
};

TEST_F(historian_test, pages_have_all_points_and_the_changes_of_the_newest) {
  add_step(60);
  for (bool forwards : {false, true}) {
    std::set<uint64_t> seen;
    uint64_t next = 0;
    bool first = true;
    while (first || next != 0) {
      auto page = history([&](auto out) {
        out.setLimit(25);
        if (forwards)
          out.setAfter(first ? 1 : next);
        else if (!first)
          out.setBefore(next);
      });
      ASSERT_TRUE(page) << text_of(page.error());
      for (auto each : (*page)->getPoints())
        EXPECT_TRUE(seen.insert(each.getCaptureId()).second);
      ASSERT_EQ((*page)->getChanges().size(), 1u) << "on every page";
      EXPECT_EQ((*page)->getChanges()[0].getCaptureId(), 31u);
      next = (*page)->getNext();
      first = false;
    }
    EXPECT_EQ(seen.size(), forwards ? 59u : 60u);
  }
  auto newest = history([](auto out) { out.setLimit(2); });
  EXPECT_EQ((*newest)->getPoints()[1].getCaptureId(), 60u);
  EXPECT_TRUE((*newest)->getPoints()[1].getImported());
  EXPECT_EQ(code_of(history([](auto out) {
                      out.setBefore(5);
                      out.setAfter(3);
                    }).error()),
            ec::invalid);
}

TEST_F(historian_test, looks_past_points_that_do_not_count) {
  write_set writes;
  for (uint64_t id = 1; id <= 2'100; ++id) {
    auto captured = made_snapshot(id, "v" + std::to_string(id), noisy(id, id <= 50 ? 100 : 110));
    series_store::append(*captured, writes);
    if (id > 100)
      series_store::mark_deleted(*captured, {"a backup ran", 1}, writes);
  }
  ASSERT_FALSE(db->write(writes));
  auto page = history([](auto out) { out.setLimit(1); });
  ASSERT_TRUE(page) << text_of(page.error());
  EXPECT_EQ((*page)->getAnalysed(), 100u);
  ASSERT_EQ((*page)->getChanges().size(), 1u);
  EXPECT_EQ((*page)->getChanges()[0].getCaptureId(), 51u);
  ASSERT_EQ((*page)->getPoints().size(), 1u);
  EXPECT_EQ(as_view((*page)->getPoints()[0].getDeleted()), "a backup ran");
}

TEST_F(historian_test, an_overview_has_points_or_buckets_of_a_time) {
  add_step(600);
  auto few = history([](auto out) { out.setPoints(600); });
  ASSERT_TRUE(few) << text_of(few.error());
  EXPECT_EQ((*few)->getPoints().size(), 600u);
  EXPECT_FALSE((*few)->hasBuckets());
  EXPECT_EQ((*few)->getCaptures(), 600u);
  EXPECT_EQ((*few)->getVersions().getVersion().size(), 200u) << "the newest ones";
  EXPECT_EQ(as_view((*few)->getVersions().getVersion()[199]), "v600");
  ASSERT_EQ((*few)->getThresholds().size(), 2u);
  EXPECT_NEAR((*few)->getThresholds()[0].getValue(), 115.5, 0.5);

  mark_deleted(snapshot(600, 600));
  auto many = history([](auto out) { out.setPoints(100); });
  ASSERT_TRUE(many) << text_of(many.error());
  EXPECT_EQ((*many)->getPoints().size(), 0u);
  ASSERT_EQ((*many)->getChanges().size(), 1u) << "as on a page";
  auto buckets = (*many)->getBuckets();
  ASSERT_EQ(buckets.getFrom().size(), 100u);
  EXPECT_EQ(buckets.getFrom()[1], 7);
  EXPECT_EQ(buckets.getSeconds()[1], 5);
  EXPECT_EQ(buckets.getFirstCapture()[1], 7u);
  EXPECT_EQ(buckets.getCaptureSpan()[1], 5u);
  EXPECT_EQ(buckets.getCount()[99], 5u);
  ASSERT_EQ(buckets.getLeftOut().size(), 100u);
  EXPECT_EQ(buckets.getLeftOut()[99], 1u);
  EXPECT_LT(buckets.getLeast()[0], buckets.getMedian()[0]);
  EXPECT_LT(buckets.getMedian()[0], buckets.getMost()[0]);

  auto window = history([](auto out) {
    out.setPoints(100);
    out.setFrom(101'000'000);
    out.setTo(150'000'000);
  });
  ASSERT_EQ((*window)->getPoints().size(), 50u);
  EXPECT_EQ((*window)->getPoints()[0].getCaptureId(), 101u);
  EXPECT_EQ((*window)->getVersions().getVersion().size(), 50u);
  auto none = history([](auto out) {
    out.setPoints(100);
    out.setTo(1);
  });
  ASSERT_TRUE(none) << text_of(none.error());
  EXPECT_EQ((*none)->getCaptures(), 0u);
}

TEST_F(historian_test, an_overview_is_of_times_and_a_page_is_not) {
  add_step(3);
  EXPECT_EQ(code_of(history([](auto out) { out.setFrom(1); }).error()), ec::invalid);
  EXPECT_EQ(code_of(history([](auto out) {
                      out.setPoints(1);
                      out.setBefore(2);
                    }).error()),
            ec::invalid);
}

TEST_F(historian_test, blocks_of_a_long_series_are_stored_once) {
  auto committer = spawn_committer(actors.system(), {std::const_pointer_cast<database>(db)});
  auto storing = spawn_historian(actors.system(), {db, committer});
  add_many(5'000);
  auto ask = [&] {
    return actors.ask<msg<wire::MetricHistory>>(
      storing, msg<wire::MetricHistoryQuery>::build([](wire::MetricHistoryQuery::Builder out) {
        out.setAdapter("a");
        out.setName("m");
        out.setPoints(50);
      }));
  };
  auto first = ask();
  ASSERT_TRUE(first) << text_of(first.error());
  auto prefix = keys::series_blocks_of(keys::series_of("a", "m"));
  auto count = [&] {
    size_t blocks = 0;
    EXPECT_FALSE(db->visit(column::snapshots, prefix, prefix, [&](auto, auto) {
      ++blocks;
      return database::scan::next;
    }));
    return blocks;
  };
  EXPECT_TRUE(wait_until([&] { return count() == 4; }));
  EXPECT_EQ((*ask()).bytes(), first->bytes()) << "with blocks as without";
  for (const auto& each : {caf::actor_cast<caf::actor>(storing), caf::actor_cast<caf::actor>(committer)}) {
    caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
    actors.client()->wait_for(each);
  }
}

TEST_F(historian_test, an_unknown_metric_is_told_with_similar_ones) {
  add_step(1);
  auto unknown = [this](const std::string& adapter, const std::string& name) {
    auto page = history([&](auto out) {
      out.setAdapter(adapter);
      out.setName(name);
    });
    EXPECT_EQ(code_of(page.error()), ec::not_found);
    return text_of(page.error());
  };
  EXPECT_THAT(unknown("b", "m"), HasSubstr("no capture has the metric b.m; did you mean a.m?"));
  EXPECT_THAT(unknown("a", "n"), HasSubstr("did you mean a.m?"));
  EXPECT_EQ(unknown("other", "thing").find("did you mean"), std::string::npos);
}

TEST_F(historian_test, changes_are_those_of_what_is_stored_now) {
  auto none = changes();
  ASSERT_TRUE(none) << text_of(none.error());
  EXPECT_EQ((*none)->getChanges().size(), 0u);
  EXPECT_EQ((*none)->getMetrics(), 0u);
  add_step(40);
  for (int i = 0; i < 2; ++i) {
    auto some = changes(true);
    ASSERT_TRUE(some) << text_of(some.error());
    ASSERT_EQ((*some)->getChanges().size(), 1u);
    auto change = (*some)->getChanges()[0];
    EXPECT_EQ(as_view(change.getAdapter()), "a");
    EXPECT_EQ(as_view(change.getMetric()), "m");
    EXPECT_EQ(change.getCaptureId(), 21u);
    EXPECT_EQ(as_view(change.getSuspects()[0]), "v21");
  }
  for (uint64_t id = 21; id <= 40; ++id)
    mark_deleted(snapshot(id, 40));
  EXPECT_EQ((*changes())->getChanges().size(), 0u) << "what is deleted counts no more";
  EXPECT_EQ((*changes())->getMetrics(), 1u);
}

TEST_F(historian_test, metrics_are_listed_with_their_newest_change) {
  auto list = [this] {
    return actors.ask<msg<wire::MetricList>>(
      historian, msg<wire::MetricsQuery>::build([](wire::MetricsQuery::Builder out) { out.setDays(3'650); }));
  };
  EXPECT_EQ((*list())->getTotal(), 0u);
  add_step(40);
  auto one = list();
  ASSERT_TRUE(one) << text_of(one.error());
  ASSERT_EQ((*one)->getMetrics().size(), 1u);
  auto metric = (*one)->getMetrics()[0];
  EXPECT_EQ(as_view(metric.getName()), "m");
  EXPECT_EQ(as_view(metric.getVersion()), "v40");
  EXPECT_EQ(metric.getValue(), noisy(40, 110));
  EXPECT_EQ(metric.getCaptures(), 40u);
  EXPECT_NEAR(metric.getLevel(), 110, 1);
  EXPECT_EQ(metric.getSpark().size(), 40u);
  ASSERT_TRUE(metric.hasChange());
  EXPECT_TRUE(metric.getChange().getWorse());
  EXPECT_NEAR(metric.getChange().getChangePct(), 10, 1);
  EXPECT_EQ(metric.getChange().getAt(), 21'000'000);
  EXPECT_EQ((*one)->getMoved(), 0u) << "it was in 1970";
  mark_deleted(snapshot(40, 40));
  EXPECT_EQ(as_view((*list())->getMetrics()[0].getVersion()), "v39");
}

TEST_F(historian_test, many_askers_at_once_are_all_answered) {
  add_step(40);
  auto query = msg<wire::ChangesQuery>{};
  constexpr int askers = 50;
  for (int i = 0; i < askers; ++i)
    actors.client()->send(historian, query);
  int answers = 0;
  actors.client()->receive_while([&] { return answers < askers; })(
    [&](const msg<wire::ChangeList>& list) {
      EXPECT_EQ(list->getChanges().size(), 1u);
      ++answers;
    },
    caf::after(answer_timeout) >>
      [&] {
        ADD_FAILURE() << answers << " answers";
        answers = askers;
      });
}

TEST_F(historian_test, what_cannot_be_read_is_told_and_no_more_than_that) {
  add_step(1);
  write_set writes;
  writes.put(column::series, keys::series_point("a", "m", {1}), "damaged");
  ASSERT_FALSE(db->write(writes));
  EXPECT_EQ(code_of(history().error()), ec::corrupt);
  EXPECT_EQ(code_of(changes().error()), ec::corrupt);
  add_step(2);
  EXPECT_TRUE(history());
  EXPECT_TRUE(changes());
}

} // namespace
} // namespace hive
