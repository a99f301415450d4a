#include "actors/store/committer.hpp"

#include "platform/unique_fd.hpp"
#include "storage/keys.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/temporary_directory.hpp"

#include <atomic>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

namespace hive {
namespace {

using namespace std::chrono_literals;

struct committer_fixture : testing::Test {
  temporary_directory dir;
  std::shared_ptr<database> db = std::move(*database::open({.directory = dir.path()}));
  test_config config;
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  committer_actor committer = spawn_committer(system, {db});

  ~committer_fixture() override {
    self->send_exit(committer, caf::exit_reason::user_shutdown);
    self->wait_for(committer);
  }

  static write_set put(std::string key, std::string value) {
    write_set out;
    out.put(column::tasks, std::move(key), value);
    return out;
  }

  ec commit(write_set writes) {
    ec out = ec::none;
    self->request(committer, 30s, std::move(writes))
      .receive([](committed) {}, [&](caf::error& err) { out = code_of(err); });
    return out;
  }
};

TEST_F(committer_fixture, what_is_answered_is_written) {
  EXPECT_EQ(commit(put("k", "v")), ec::none);
  EXPECT_EQ(**db->get(column::tasks, "k"), "v");
}

TEST_F(committer_fixture, later_writes_win) {
  for (int i = 0; i < 2000; ++i)
    self->send(committer, put("k", std::to_string(i)));
  EXPECT_EQ(commit(put("other", "")), ec::none);
  EXPECT_EQ(**db->get(column::tasks, "k"), "1999") << "write sets become durable in the order they arrived";
}

TEST_F(committer_fixture, refuses_what_does_not_fit_and_goes_on) {
  std::string huge(std::size_t{257} << 20, 'x');
  EXPECT_EQ(commit(put("huge", huge)), ec::overloaded);
  EXPECT_EQ(commit(put("k", "v")), ec::none);
}

TEST_F(committer_fixture, a_disk_that_cannot_be_written_ends_the_committer_and_keeps_what_was_acknowledged) {
  ASSERT_EQ(commit(put("before", "v")), ec::none);
  // A limit on the size of files makes writes fail as a broken disk would.
  signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit tight{64 << 10, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  auto while_broken = commit(put("large", std::string(1 << 20, 'x')));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(while_broken, ec::storage_failed);
  self->wait_for(committer);
  EXPECT_TRUE(db->is_broken());
  EXPECT_TRUE((*db->get(column::tasks, "before")).has_value());
}

TEST_F(committer_fixture, its_end_is_an_answer_to_all_who_wait) {
  constexpr size_t writes = 2'000;
  size_t durable = 0, unknown = 0, refused = 0;
  auto client = system.spawn([&](caf::event_based_actor* sender) {
    auto took = [&, sender](committed) {
      if (durable++ == 0) // the others are being written or wait for the next group
        sender->send_exit(committer, caf::exit_reason::user_shutdown);
    };
    auto failed = [&](const caf::error& error) {
      EXPECT_NE(error, caf::sec::request_timeout) << "nobody answers it";
      ++(code_of(error) == ec::outcome_unknown ? unknown : refused);
    };
    for (size_t i = 0; i < writes; ++i)
      sender->request(committer, 30s, put("k" + std::to_string(i), std::string(1'000, 'x'))).then(took, failed);
  });
  self->wait_for(client);
  EXPECT_EQ(durable + unknown + refused, writes);
}

/// Counts the answers to what it sends: `window` writes at a time, `total` in all.
struct flooder_state {
  size_t to_send = 0, in_flight = 0;
};

void send_next(caf::stateful_actor<flooder_state>* self, const committer_actor& to, std::atomic<size_t>& durable) {
  auto& state = self->state;
  if (state.to_send == 0)
    return;
  ++state.in_flight;
  auto key = std::to_string(self->id()) + "/" + std::to_string(--state.to_send);
  self->request(to, caf::infinite, committer_fixture::put(key, "v"))
    .then(
      [=, &durable](committed) {
        ++durable;
        --self->state.in_flight;
        send_next(self, to, durable);
      },
      [self](caf::error& error) { self->quit(std::move(error)); });
}

TEST_F(committer_fixture, answers_every_write_of_many_senders_when_it_is_on_disk) {
  constexpr size_t senders = 8, each = 500;
  std::atomic<size_t> durable = 0;
  std::vector<caf::actor> all;
  for (size_t window = 1; window <= senders; ++window) // of different pace, so that groups shrink and grow
    all.push_back(system.spawn([&, window](caf::stateful_actor<flooder_state>* sender) {
      sender->state.to_send = each;
      for (size_t i = 0; i < window * window; ++i)
        send_next(sender, committer, durable);
    }));
  for (const auto& sender : all)
    self->wait_for(sender);
  EXPECT_EQ(durable, senders * each);
  size_t stored = 0;
  ASSERT_FALSE(db->visit(column::tasks, "", "", [&](auto, auto) {
    ++stored;
    return database::scan::next;
  }));
  EXPECT_EQ(stored, senders * each);
}

TEST_F(committer_fixture, refuses_at_once_after_its_end) {
  self->send_exit(committer, caf::exit_reason::user_shutdown);
  self->wait_for(committer);
  EXPECT_EQ(commit(put("k", "v")), ec::unavailable);
  EXPECT_FALSE((*db->get(column::tasks, "k")).has_value());
}

/// As a namespace does that is deleted and begins anew at once.
TEST_F(committer_fixture, lets_go_of_its_database_when_it_ends_though_references_to_it_remain) {
  EXPECT_EQ(commit(put("k", "v")), ec::none);
  self->send_exit(committer, caf::exit_reason::user_shutdown);
  self->wait_for(committer);
  EXPECT_EQ(db.use_count(), 1) << "that of this test";
}

TEST_F(committer_fixture, is_not_ended_by_a_normal_exit) {
  self->send_exit(committer, caf::exit_reason::normal);
  EXPECT_EQ(commit(put("k", "v")), ec::none);
}

TEST_F(committer_fixture, tells_why_it_ended) {
  self->monitor(committer);
  self->send_exit(committer, caf::exit_reason::kill);
  self->receive([](const caf::down_msg& down) { EXPECT_EQ(down.reason, caf::exit_reason::kill); });
}

TEST_F(committer_fixture, answers_what_it_does_not_know) {
  auto untyped = caf::actor_cast<caf::actor>(committer);
  self->request(untyped, 30s, std::string{"?"})
    .receive([] { FAIL() << "an answer to a question of another kind"; },
             [](const caf::error& error) { EXPECT_EQ(error, caf::sec::unexpected_message); });
  EXPECT_EQ(commit(put("k", "v")), ec::none);
}

/// Occupies this many bytes on the disk that holds the directory.
void take_room(const std::filesystem::path& directory, off_t bytes) {
  unique_fd file{::open((directory / "taken").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  ASSERT_EQ(::posix_fallocate(file.get(), 0, bytes), 0);
}

TEST(committer_on_a_full_disk, refuses_writes_and_serves_reads) {
  constexpr uint64_t spare = 16 << 20;
  temporary_directory disk{"/dev/shm"}; // hardly any other process writes there meanwhile
  database_options options{.directory = disk.path() / "data"};
  options.min_free_bytes = std::filesystem::space(disk.path()).available - spare;
  std::shared_ptr<database> db = std::move(*database::open(options));
  write_set identity;
  identity.put(column::meta, keys::node(), "identity");
  ASSERT_FALSE(db->write(identity));
  take_room(disk.path(), 2 * spare);
  test_config config;
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  auto committer = spawn_committer(system, {db});
  for (int i = 0; i < 3; ++i) {
    caf::error error;
    self->request(committer, 30s, write_set{}).receive([](committed) {}, [&](caf::error& err) { error = err; });
    EXPECT_EQ(code_of(error), ec::storage_failed);
    EXPECT_NE(text_of(error).find("is full"), std::string::npos) << text_of(error);
  }
  EXPECT_FALSE(db->is_broken());
  EXPECT_EQ(**db->get(column::meta, keys::node()), "identity");
  self->send_exit(committer, caf::exit_reason::user_shutdown);
  self->wait_for(committer);
}

} // namespace
} // namespace hive
