#include "actors/audit/auditor.hpp"

#include "actors/audit/refusal_sampler.hpp"
#include "actors/store/committer.hpp"
#include "messages/audit.capnp.h"
#include "messages/change.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "storage/audit_store.hpp"
#include "storage/epoch.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_system.hpp"
#include "tests/support/wait_until.hpp"

#include <caf/all.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <random>

namespace hive {
namespace {

using record = msg<wire::AuditRecord>;
using testing::HasSubstr;

record act(const std::string& path) {
  return record::build([&path](wire::AuditRecord::Builder out) {
    out.setAt(1'800'000'000'000'000);
    out.setKind(wire::CallerKind::TOKEN);
    out.setWho("ci");
    out.setRole("operate");
    out.setMethod("DELETE");
    out.setPath(path);
  });
}

record answer(uint16_t status, const std::string& problem = {}) {
  return record::build([&](wire::AuditRecord::Builder out) {
    out.setAnsweredAt(1'800'000'000'000'001);
    out.setStatus(status);
    if (!problem.empty())
      out.setProblem(problem);
  });
}

class auditor : public testing::Test {
protected:
  void start(uint64_t max_records = 100, uint64_t min_free_bytes = 0) {
    database_options where;
    where.directory = directory_.path() / "data";
    where.min_free_bytes = min_free_bytes;
    auto opened = database::open(where);
    ASSERT_TRUE(opened) << text_of(opened.error());
    db_ = std::move(*opened);
    ASSERT_TRUE(begin_epoch(*db_, 1)); // a store without an identity counts as damaged
    committer_ = spawn_committer(system(), {db_});
    auto spawned = spawn_auditor(system(), {db_, committer_, metrics_},
                                 {.max_records = max_records, .refused = {.per_s = 0.001, .burst = 2}});
    ASSERT_TRUE(spawned) << text_of(spawned.error());
    audit_ = *spawned;
  }

  /// The actor system waits for its actors.
  void TearDown() override {
    caf::anon_send_exit(audit_, caf::exit_reason::kill);
    caf::anon_send_exit(committer_, caf::exit_reason::kill);
  }

  /// As after kill -9: nothing is told to end in an orderly way, and what is not on disk is gone.
  void restart(uint64_t max_records = 100) {
    client()->send_exit(audit_, caf::exit_reason::kill);
    client()->wait_for(audit_);
    audit_ = audit_actor{};
    client()->send_exit(committer_, caf::exit_reason::kill);
    client()->wait_for(committer_);
    committer_ = committer_actor{};
    ASSERT_TRUE(wait_until([this] { return db_.use_count() == 1; }));
    db_ = nullptr;
    start(max_records);
  }

  caf::expected<uint64_t> begin(const std::string& path) {
    caf::expected<uint64_t> out{caf::error{}};
    client()
      ->request(audit_, caf::infinite, act(path))
      .receive([&](uint64_t number) { out = number; }, [&](caf::error& err) { out = std::move(err); });
    return out;
  }

  caf::error end(uint64_t number, const record& how) {
    caf::error out;
    client()
      ->request(audit_, caf::infinite, changed(how, [number](auto out) { out.setNumber(number); }))
      .receive([](uint64_t) {}, [&](caf::error& err) { out = std::move(err); });
    return out;
  }

  msg<wire::AuditPage> page(uint32_t limit = 1'000, uint64_t before = 0, int64_t since = 0) {
    auto query = msg<wire::AuditQuery>::build([&](wire::AuditQuery::Builder out) {
      out.setLimit(limit);
      out.setBefore(before);
      out.setSince(since);
    });
    msg<wire::AuditPage> out;
    client()
      ->request(audit_, caf::infinite, query)
      .receive([&](const msg<wire::AuditPage>& found) { out = found; },
               [](caf::error& err) { FAIL() << text_of(err); });
    return out;
  }

  std::vector<std::string> paths() {
    std::vector<std::string> out;
    auto all = page();
    for (auto each : all->getRecords())
      out.emplace_back(as_view(each.getPath()));
    return out;
  }

  std::string counted() const {
    return prometheus::TextSerializer{}.Serialize(metrics_->Collect());
  }

  caf::actor_system& system() {
    return actors_.system();
  }

  caf::scoped_actor& client() {
    return actors_.client();
  }

  temporary_directory directory_;
  test_system actors_;
  std::shared_ptr<prometheus::Registry> metrics_ = std::make_shared<prometheus::Registry>();
  std::shared_ptr<database> db_;
  committer_actor committer_;
  audit_actor audit_;
};

TEST_F(auditor, an_act_is_on_disk_before_it_begins_and_its_answer_before_the_caller_has_it) {
  start();
  auto number = begin("/one");
  ASSERT_TRUE(number) << text_of(number.error());
  auto stored = audit_store{*db_}.find(*number);
  ASSERT_TRUE(stored && *stored);
  EXPECT_EQ((**stored)->getStatus(), 0);
  EXPECT_EQ((**stored)->getAnsweredAt(), 0);
  EXPECT_FALSE(end(*number, answer(409, "busy")));
  stored = audit_store{*db_}.find(*number);
  ASSERT_TRUE(stored && *stored);
  EXPECT_EQ((**stored)->getStatus(), 409);
  EXPECT_EQ(as_view((**stored)->getProblem()), "busy");
  EXPECT_EQ(as_view((**stored)->getWho()), "ci") << "what was known before stays";
  EXPECT_EQ(page()->getRecords().size(), 1U);
  EXPECT_THAT(counted(), HasSubstr("hive_audit_total{result=\"failed\",role=\"operate\"} 1"));
}

TEST_F(auditor, acts_without_an_answer_stay_after_a_crash_and_numbers_go_on) {
  start();
  auto first = begin("/one"), second = begin("/two");
  EXPECT_FALSE(end(*first, answer(200)));
  restart();
  EXPECT_EQ(paths(), (std::vector<std::string>{"/two", "/one"}));
  auto third = begin("/three");
  EXPECT_GT(*third, *second);
  auto all = page();
  EXPECT_EQ(all->getRecords()[1].getStatus(), 0) << "nobody knows whether /two was done";
  EXPECT_EQ(all->getRecords()[2].getStatus(), 200);
}

TEST_F(auditor, an_act_that_cannot_be_recorded_is_refused) {
  start();
  ASSERT_TRUE(begin("/fits"));
  db_ = nullptr;
  client()->send_exit(committer_, caf::exit_reason::user_shutdown);
  client()->wait_for(committer_);
  auto number = begin("/lost");
  ASSERT_FALSE(number);
  EXPECT_NE(code_of(number.error()), ec::none);
}

TEST_F(auditor, only_the_newest_records_stay) {
  start(5);
  for (int i = 0; i < 12; ++i) {
    auto number = begin("/" + std::to_string(i));
    EXPECT_FALSE(end(*number, answer(200)));
  }
  const std::vector<std::string> newest{"/11", "/10", "/9", "/8", "/7"};
  EXPECT_EQ(paths(), newest);
  restart(3);
  auto number = begin("/12");
  EXPECT_EQ(paths(), (std::vector<std::string>{"/12", "/11", "/10"}));
  EXPECT_FALSE(end(*number - 10, answer(200))) << "an answer to what is forgotten is none that fails";
}

TEST_F(auditor, refused_requests_are_all_counted_and_some_recorded) {
  start();
  for (int i = 0; i < 50; ++i)
    client()->send(audit_, act_refused::value, act("/" + std::to_string(i)));
  ASSERT_TRUE(wait_until([this] { return paths().size() == 2; }));
  EXPECT_THAT(counted(), HasSubstr("hive_audit_total{result=\"refused\",role=\"operate\"} 50"));
  auto all = page();
  for (auto each : all->getRecords())
    EXPECT_TRUE(each.getRefused());
}

TEST_F(auditor, pages_follow_each_other_without_gap_or_repetition) {
  start(100);
  for (int i = 0; i < 25; ++i)
    begin("/" + std::to_string(i));
  std::vector<std::string> seen;
  uint64_t before = 0;
  do {
    auto next = page(10, before);
    for (auto each : next->getRecords())
      seen.emplace_back(as_view(each.getPath()));
    before = next->getNext();
  } while (before != 0);
  ASSERT_EQ(seen.size(), 25U);
  for (int i = 0; i < 25; ++i)
    EXPECT_EQ(seen[static_cast<size_t>(i)], "/" + std::to_string(24 - i));
  EXPECT_EQ(page(10, 0, 1'800'000'000'000'001)->getRecords().size(), 0U);
  EXPECT_EQ(page(10, 0, 1'800'000'000'000'000)->getRecords().size(), 10U);
}

TEST(refusal_sampler, tells_how_many_it_left_out_and_loses_none) {
  const auto first = random_seed();
  for (uint32_t run = 0; run < 1'000; ++run) {
    SCOPED_TRACE("seed " + std::to_string(first + run));
    std::mt19937_64 random{first + run};
    refusal_sampler sampler{{.per_s = 0.1, .burst = 20}};
    auto now = token_bucket::time_point{std::chrono::hours{1}};
    uint64_t recorded = 0, skipped = 0, pending = 0;
    for (int i = 0; i < 200; ++i) {
      now += std::chrono::milliseconds{std::uniform_int_distribution{0, 3'000}(random)};
      if (auto left_out = sampler.take(now)) {
        ++recorded;
        skipped += *left_out;
        EXPECT_EQ(*left_out, pending);
        pending = 0;
      } else {
        ++pending;
      }
    }
    EXPECT_EQ(recorded + skipped + pending, 200U);
    EXPECT_LE(recorded, 20 + 0.1 * 600 + 1);
  }
}

} // namespace
} // namespace hive
