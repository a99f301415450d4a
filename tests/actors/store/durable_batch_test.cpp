#include "actors/store/api.hpp"
#include "actors/store/durable_batch.hpp"
#include "messages/ec.hpp"
#include "tests/support/deterministic_system.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using names = std::vector<std::string>;

// -- commit_groups -------------------------------------------------------------

pending_answer answer(int number) {
  return {{}, caf::make_message(number)};
}

std::vector<int> numbers(const std::vector<pending_answer>& answers) {
  std::vector<int> out;
  for (const auto& each : answers)
    out.push_back(each.content.get_as<int>(0));
  return out;
}

void put(write_set& writes, const std::string& key, size_t bytes = 0) {
  writes.put(column::tasks, key, std::string(bytes, 'x'));
}

names keys_of(const write_set& writes) {
  names out;
  for (const auto& each : writes.writes())
    out.push_back(each.key);
  return out;
}

TEST(commit_groups, gathers_what_comes_while_a_group_is_in_flight) {
  commit_groups groups{{.entries = 10, .bytes = 100}};
  EXPECT_FALSE(groups.can_launch()) << "there is nothing";
  put(groups.writes(), "a");
  groups.add(1, answer(1));
  put(groups.writes(), "b");
  groups.add(1, answer(2));
  ASSERT_TRUE(groups.can_launch());
  EXPECT_THAT(keys_of(groups.launch()), ElementsAre("a", "b"));
  put(groups.writes(), "c");
  groups.add(1, answer(3));
  EXPECT_TRUE(groups.is_in_flight());
  EXPECT_FALSE(groups.can_launch()) << "one at a time";
  EXPECT_EQ(groups.gathered_entries(), 1u);
  EXPECT_THAT(numbers(groups.land()), ElementsAre(1, 2));
  EXPECT_FALSE(groups.is_in_flight());
  ASSERT_TRUE(groups.can_launch());
  EXPECT_THAT(keys_of(groups.launch()), ElementsAre("c"));
  EXPECT_THAT(numbers(groups.land()), ElementsAre(3));
  EXPECT_FALSE(groups.can_launch());
}

TEST(commit_groups, launches_writes_without_answers_and_answers_without_writes) {
  commit_groups groups{{.entries = 10, .bytes = 100}};
  put(groups.writes(), "a");
  ASSERT_TRUE(groups.can_launch());
  EXPECT_THAT(keys_of(groups.launch()), ElementsAre("a"));
  EXPECT_THAT(numbers(groups.land()), IsEmpty());
  groups.add(1, answer(1));
  ASSERT_TRUE(groups.can_launch());
  EXPECT_TRUE(groups.launch().empty());
  EXPECT_THAT(numbers(groups.land()), ElementsAre(1));
}

TEST(commit_groups, counts_entries_until_they_are_durable_or_dropped) {
  commit_groups groups{{.entries = 10, .bytes = 100}};
  EXPECT_TRUE(groups.has_room(10));
  EXPECT_FALSE(groups.has_room(11));
  groups.add(4, answer(1));
  groups.launch();
  groups.add(3, answer(2));
  EXPECT_EQ(groups.entries(), 7u);
  EXPECT_TRUE(groups.has_room(3));
  EXPECT_FALSE(groups.has_room(4)) << "those in flight count";
  groups.land();
  EXPECT_TRUE(groups.has_room(7));
  EXPECT_FALSE(groups.has_room(8));
  groups.drop();
  EXPECT_TRUE(groups.has_room(10));
}

TEST(commit_groups, counts_bytes_also_of_writes_that_have_been_sent) {
  commit_groups groups{{.entries = 10, .bytes = 100}};
  put(groups.writes(), "a", 60);
  groups.launch();
  EXPECT_TRUE(groups.has_room(1));
  put(groups.writes(), "b", 60);
  EXPECT_FALSE(groups.has_room(1));
  groups.land();
  EXPECT_TRUE(groups.has_room(1));
}

TEST(commit_groups, drops_both_groups_and_begins_anew) {
  commit_groups groups{{.entries = 10, .bytes = 100}};
  put(groups.writes(), "a");
  groups.add(1, answer(1));
  groups.launch();
  put(groups.writes(), "b");
  groups.add(1, answer(2));
  groups.add(1, answer(3));
  auto undone = groups.drop();
  EXPECT_THAT(numbers(undone.in_flight), ElementsAre(1));
  EXPECT_THAT(numbers(undone.gathered), ElementsAre(2, 3));
  EXPECT_FALSE(groups.is_in_flight());
  EXPECT_FALSE(groups.can_launch()) << "nothing of a dropped group is written later";
  put(groups.writes(), "c");
  EXPECT_THAT(keys_of(groups.launch()), ElementsAre("c"));
}

// -- durable_batch -------------------------------------------------------------

/// Write sets that a committer has received and not answered.
struct held_writes {
  struct held {
    write_set writes;
    caf::typed_response_promise<committed> promise;
  };

  /// Removes and returns the oldest one.
  held take() {
    auto out = all.at(0);
    all.erase(all.begin());
    return out;
  }

  std::vector<held> all;
};

/// Tells a test's committer how to answer the writes that it holds.
using confirm_atom = caf::atom_constant<caf::atom("confirm")>;
using refuse_atom = caf::atom_constant<caf::atom("refuse")>;
using holding_actor = committer_actor::extend<caf::reacts_to<confirm_atom>, caf::reacts_to<refuse_atom, caf::error>>;

holding_actor::behavior_type holding_committer(holding_actor::pointer self, held_writes* held) {
  return {[self, held](const write_set& writes) -> caf::result<committed> {
            auto promise = self->make_response_promise<committed>();
            held->all.push_back({writes, promise});
            return promise;
          },
          [held](confirm_atom) { held->take().promise.deliver(committed{}); },
          [held](refuse_atom, const caf::error& why) { held->take().promise.deliver(why); }};
}

/// Counts names; a name that begins with '?' only asks for the count.
using counter_actor = caf::typed_actor<caf::replies_to<std::string>::with<std::string>>;

/// The stored part of a counter.
struct counter_store {
  names durable;
  size_t reloads = 0;
  bool unreadable = false;
};

constexpr size_t most_names = 5;

class counter_state {
public:
  static inline const char* name = "counter";

  void init(counter_actor::pointer self, committer_actor committer, counter_store* store) {
    store_ = store;
    batch_.init(self, std::move(committer),
                {.entries = "names",
                 .max_entries = most_names,
                 .seal =
                   [this](write_set& writes) {
                     if (!writes.empty())
                       put(writes, "count " + std::to_string(counted_.size()));
                   },
                 .reload = [this]() -> caf::error {
                   ++store_->reloads;
                   counted_ = store_->durable;
                   return store_->unreadable ? fail(ec::corrupt, "unreadable") : caf::none;
                 }});
  }

  caf::result<std::string> add(const std::string& what) {
    if (auto full = batch_.check_room(1))
      return full;
    if (!what.starts_with("?")) {
      counted_.push_back(what);
      put(batch_.writes(), what);
    }
    auto promise = batch_.answer_when_durable(1, std::to_string(counted_.size()));
    batch_.flush();
    return promise;
  }

private:
  counter_store* store_ = nullptr;
  names counted_;
  durable_batch batch_;
};

counter_actor::behavior_type counter(counter_actor::stateful_pointer<counter_state> self, committer_actor committer,
                                     counter_store* store) {
  self->state.init(self, std::move(committer), store);
  return {[self](const std::string& what) { return self->state.add(what); }};
}

/// Records the answers in the order of their arrival.
caf::behavior client(caf::event_based_actor* self, counter_actor target, names* answers) {
  return {[self, target, answers](const std::string& what) {
    self->request(target, caf::infinite, what)
      .then([answers, what](const std::string& count) { answers->push_back(what + ": " + count); },
            [answers, what](const caf::error& error) {
              answers->push_back(what + ": " + std::string{to_string(code_of(error))} + ", " + text_of(error));
            });
  }};
}

class durable_batch_fixture : public testing::Test {
protected:
  ~durable_batch_fixture() override {
    held.all.clear();
    for (const auto& each : {caf::actor_cast<caf::actor>(committer), caf::actor_cast<caf::actor>(actor), asker})
      caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
    tests.run();
  }

  void add(const names& what) {
    for (const auto& each : what)
      caf::anon_send(asker, each);
    tests.run();
  }

  /// The writes of the group in flight, without those that `seal` added.
  names in_flight() {
    EXPECT_EQ(held.all.size(), 1u);
    return held.all.empty() ? names{} : keys_of(held.all.front().writes);
  }

  void confirm() {
    for (const auto& each : held.all.at(0).writes.writes())
      if (!each.key.starts_with("count "))
        store.durable.push_back(each.key);
    caf::anon_send(committer, confirm_atom::value);
    tests.run();
  }

  void refuse(ec code) {
    caf::anon_send(committer, refuse_atom::value, fail(code, "as the test wants it"));
    tests.run();
  }

  void end(const caf::actor& which) {
    caf::anon_send_exit(which, caf::exit_reason::kill);
    tests.run();
  }

  bool is_alive() {
    return tests.is_alive(actor);
  }

  held_writes held;
  counter_store store;
  names answers;
  deterministic_system tests;
  holding_actor committer = tests.system().spawn(holding_committer, &held);
  counter_actor actor = tests.system().spawn(counter, committer_actor{committer}, &store);
  caf::actor asker = tests.system().spawn(client, actor, &answers);
};

TEST_F(durable_batch_fixture, answers_when_the_write_is_durable) {
  add({"a"});
  EXPECT_THAT(in_flight(), ElementsAre("a", "count 1"));
  EXPECT_THAT(answers, IsEmpty());
  confirm();
  EXPECT_THAT(answers, ElementsAre("a: 1"));
  EXPECT_THAT(held.all, IsEmpty());
}

TEST_F(durable_batch_fixture, writes_together_what_gathered_meanwhile) {
  add({"a", "b", "c"});
  EXPECT_THAT(in_flight(), ElementsAre("a", "count 1")) << "the disk was free for the first";
  confirm();
  EXPECT_THAT(in_flight(), ElementsAre("b", "c", "count 3")) << "the group is sealed once, when it is sent";
  EXPECT_THAT(answers, ElementsAre("a: 1"));
  add({"d"});
  confirm();
  EXPECT_THAT(answers, ElementsAre("a: 1", "b: 2", "c: 3"));
  confirm();
  EXPECT_THAT(answers, ElementsAre("a: 1", "b: 2", "c: 3", "d: 4"));
}

TEST_F(durable_batch_fixture, answers_in_order_also_what_needs_no_write) {
  add({"?"});
  EXPECT_THAT(answers, ElementsAre("?: 0")) << "nothing is in flight that it could rest on";
  EXPECT_THAT(held.all, IsEmpty());
  add({"a", "?"});
  EXPECT_THAT(answers, ElementsAre("?: 0")) << "the count of a is not durable";
  confirm();
  EXPECT_THAT(answers, ElementsAre("?: 0", "a: 1", "?: 1"));
  EXPECT_THAT(held.all, IsEmpty());
}

TEST_F(durable_batch_fixture, a_failed_write_fails_what_rests_on_it_and_nothing_else) {
  add({"a"});
  confirm();
  add({"b", "c", "?"});
  refuse(ec::storage_failed);
  EXPECT_THAT(answers,
              ElementsAre("a: 1", "b: storage_failed, as the test wants it", "c: storage_failed, as the test wants it",
                          "?: storage_failed, as the test wants it"));
  EXPECT_THAT(held.all, IsEmpty()) << "nothing of it is tried again";
  EXPECT_EQ(store.reloads, 1u);
  answers.clear();
  add({"d"});
  EXPECT_THAT(in_flight(), ElementsAre("d", "count 2")) << "counted on top of what is stored";
  confirm();
  EXPECT_THAT(answers, ElementsAre("d: 2"));
  EXPECT_EQ(store.reloads, 1u);
}

TEST_F(durable_batch_fixture, an_unknown_outcome_leaves_no_doubt_about_what_was_not_sent) {
  add({"a", "b"});
  store.durable = {"a"}; // it was written nevertheless
  refuse(ec::outcome_unknown);
  EXPECT_THAT(answers, ElementsAre("a: outcome_unknown, as the test wants it",
                                   "b: unavailable, not written: as the test wants it"));
  add({"c"});
  EXPECT_THAT(in_flight(), ElementsAre("c", "count 2")) << "the store decides";
}

TEST_F(durable_batch_fixture, ends_when_the_state_cannot_be_read_again) {
  store.unreadable = true;
  add({"a"});
  EXPECT_TRUE(is_alive());
  refuse(ec::storage_failed);
  EXPECT_THAT(answers, ElementsAre(HasSubstr("storage_failed")));
  EXPECT_FALSE(is_alive());
}

TEST_F(durable_batch_fixture, refuses_what_does_not_fit_in_and_keeps_what_it_took) {
  add({"a", "b", "c", "d", "e", "f"});
  EXPECT_THAT(answers, ElementsAre("f: overloaded, 5 names wait for the disk already"));
  confirm();
  add({"g", "h"});
  confirm();
  confirm();
  EXPECT_THAT(store.durable, ElementsAre("a", "b", "c", "d", "e", "g"));
  EXPECT_THAT(answers, ElementsAre(HasSubstr("f: "), "a: 1", "h: overloaded, 5 names wait for the disk already", "b: 2",
                                   "c: 3", "d: 4", "e: 5", "g: 6"));
}

TEST_F(durable_batch_fixture, waits_for_the_disk_without_a_timeout) {
  add({"a", "b"});
  EXPECT_FALSE(tests.has_pending_timeout());
  confirm();
  confirm();
  EXPECT_THAT(answers, ElementsAre("a: 1", "b: 2"));
}

TEST_F(durable_batch_fixture, ends_with_the_committer_and_says_what_is_known_of_each_write) {
  add({"a", "b"});
  end(caf::actor_cast<caf::actor>(committer));
  EXPECT_THAT(answers, ElementsAre("a: outcome_unknown, the committer ended while the disk was writing",
                                   "b: unavailable, the committer ended before this was written"));
  EXPECT_FALSE(is_alive());
}

TEST_F(durable_batch_fixture, its_end_is_an_answer_to_all_who_wait) {
  add({"a", "b"});
  end(caf::actor_cast<caf::actor>(actor));
  EXPECT_THAT(answers, ElementsAre("a: outcome_unknown, counter ended while the disk was writing",
                                   "b: unavailable, counter ended before this was written"));
}

} // namespace
} // namespace hive
