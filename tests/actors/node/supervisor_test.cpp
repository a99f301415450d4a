#include "actors/node/supervisor.hpp"

#include "actors/scheduling/scheduling.hpp"
#include "messages/ec.hpp"
#include "platform/restart_intensity.hpp"
#include "tests/support/actor_fixture.hpp"

#include <gtest/gtest.h>
#include <mutex>

namespace hive {
namespace {

using namespace std::chrono_literals;

using crash_atom = caf::atom_constant<caf::atom("crash")>;

/// Records what happens to a test's services, in order.
class journal {
public:
  void add(const std::string& line) {
    std::lock_guard lock{mutex_};
    text_ += line + " ";
  }

  std::string text() {
    std::lock_guard lock{mutex_};
    return text_;
  }

  /// Waits until the journal reads `wanted`, for a limited time; returns what it reads then.
  std::string wait_for(const std::string& wanted) {
    for (int i = 0; i < 500 && text() != wanted; ++i)
      std::this_thread::sleep_for(10ms);
    return text();
  }

private:
  std::mutex mutex_;
  std::string text_;
};

struct supervisor_fixture : testing::Test {
  test_config config;
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  journal log;
  std::map<std::string, caf::actor> running;
  std::mutex running_mutex;

  service make_service(const std::string& name, bool deaf = false) {
    return {name, [this, name, deaf]() -> caf::expected<caf::actor> {
              auto handle = system.spawn([this, name, deaf](caf::event_based_actor* actor) -> caf::behavior {
                actor->set_exit_handler([this, actor, name, deaf](caf::exit_msg& exit) {
                  if (deaf && exit.reason != caf::exit_reason::kill)
                    return;
                  log.add("-" + name);
                  actor->quit(exit.reason);
                });
                return {[](crash_atom) { throw std::runtime_error("boom"); }};
              });
              {
                std::lock_guard lock{running_mutex};
                running[name] = handle;
              }
              log.add("+" + name); // logged last, so that a test that waits for this line can crash the new service
              return handle;
            }};
  }

  void crash(const std::string& name) {
    std::lock_guard lock{running_mutex};
    caf::anon_send(running[name], crash_atom::value);
  }

  caf::error start(const supervisor_actor& supervisor) {
    caf::error out;
    self->request(supervisor, 5s, start_atom::value)
      .receive([](caf::ok_atom) {}, [&](caf::error& err) { out = std::move(err); });
    return out;
  }

  void stop(const supervisor_actor& supervisor) {
    self->send_exit(supervisor, caf::exit_reason::user_shutdown);
    self->wait_for(supervisor);
  }
};

TEST_F(supervisor_fixture, starts_in_order_and_stops_in_reverse) {
  auto supervisor = spawn_supervisor(system, {make_service("a"), make_service("b"), make_service("c")}, {});
  ASSERT_FALSE(start(supervisor));
  EXPECT_EQ(log.text(), "+a +b +c ");
  stop(supervisor);
  EXPECT_EQ(log.text(), "+a +b +c -c -b -a ");
}

TEST_F(supervisor_fixture, restarts_a_failed_service_and_those_behind_it) {
  auto supervisor = spawn_supervisor(system, {make_service("a"), make_service("b"), make_service("c")}, {});
  ASSERT_FALSE(start(supervisor));
  crash("b");
  EXPECT_EQ(log.wait_for("+a +b +c -c +b +c "), "+a +b +c -c +b +c ");
  stop(supervisor);
  EXPECT_EQ(log.text(), "+a +b +c -c +b +c -c -b -a ");
}

TEST_F(supervisor_fixture, a_failure_at_the_start_stops_what_ran_and_names_the_service) {
  service broken{"broken", [] { return caf::expected<caf::actor>{fail(ec::busy, "port 7420 is in use")}; }};
  auto supervisor = spawn_supervisor(system, {make_service("a"), broken, make_service("c")}, {});
  auto err = start(supervisor);
  EXPECT_EQ(code_of(err), ec::busy);
  EXPECT_EQ(text_of(err), "broken: port 7420 is in use");
  self->wait_for(supervisor);
  EXPECT_EQ(log.text(), "+a -a ");
}

TEST_F(supervisor_fixture, a_service_that_throws_at_the_start_is_a_failure_like_others) {
  service broken{"broken", []() -> caf::expected<caf::actor> { throw std::runtime_error("no thread is left"); }};
  auto supervisor = spawn_supervisor(system, {make_service("a"), broken}, {});
  EXPECT_EQ(text_of(start(supervisor)), "broken: no thread is left");
  self->wait_for(supervisor);
  EXPECT_EQ(log.text(), "+a -a ");
}

TEST_F(supervisor_fixture, gives_up_when_a_service_fails_too_often) {
  supervisor_options options;
  options.max_restarts = 2;
  auto supervisor = spawn_supervisor(system, {make_service("a"), make_service("b")}, options);
  ASSERT_FALSE(start(supervisor));
  caf::error reason;
  self->monitor(supervisor);
  std::string expected = "+a +b ";
  for (int i = 0; i < 2; ++i) {
    crash("b");
    expected += "+b ";
    ASSERT_EQ(log.wait_for(expected), expected);
  }
  crash("b");
  self->receive([&](caf::down_msg& down) { reason = down.reason; }, caf::after(5s) >> [] { FAIL() << "still runs"; });
  EXPECT_EQ(code_of(reason), ec::internal);
  EXPECT_EQ(log.text(), expected + "-a ");
}

TEST_F(supervisor_fixture, an_essential_service_takes_the_node_down) {
  auto store = make_service("store");
  store.essential = true;
  auto supervisor = spawn_supervisor(system, {store, make_service("b")}, {});
  ASSERT_FALSE(start(supervisor));
  crash("store");
  self->wait_for(supervisor);
  EXPECT_EQ(log.text(), "+store +b -b ");
}

TEST_F(supervisor_fixture, kills_a_service_that_does_not_stop) {
  supervisor_options options;
  options.stop_timeout = 50ms;
  auto supervisor = spawn_supervisor(system, {make_service("a"), make_service("deaf", true)}, options);
  ASSERT_FALSE(start(supervisor));
  stop(supervisor);
  EXPECT_TRUE(log.text().starts_with("+a +deaf ")) << log.text();
  EXPECT_NE(log.text().find("-a"), std::string::npos) << log.text();
}

/// As the node does when it ends: a supervisor that is kept would keep its thread, and the actor system would wait for
/// it.
TEST_F(supervisor_fixture, leaves_no_timer_behind) {
  supervisor_options options;
  options.starts_wait = true;
  options.stop_timeout = 1h;
  test_config config;
  caf::actor_system ending{config};
  std::vector<service> services;
  services.push_back({"only", [&]() -> caf::expected<caf::actor> {
                        return ending.spawn([]() -> caf::behavior { return {[](int number) { return number; }}; });
                      }});
  caf::scoped_actor client{ending};
  auto supervisor = spawn_supervisor(ending, std::move(services), options);
  client->request(supervisor, 20s, start_atom::value)
    .receive([](caf::ok_atom) {}, [](const caf::error& err) { ADD_FAILURE() << text_of(err); });
  client->send_exit(supervisor, caf::exit_reason::user_shutdown);
  client->wait_for(supervisor);
}

/// With a single thread for all actors, which the supervisor would block while it waits.
TEST_F(supervisor_fixture, starts_that_wait_for_earlier_services_leave_these_their_threads) {
  struct one_thread : test_config {
    one_thread() {
      configure_scheduling(*this, 1);
    }
  } narrow;
  caf::actor_system alone{narrow};
  caf::scoped_actor client{alone};
  std::vector<service> services;
  caf::actor first;
  services.push_back({"first", [&]() -> caf::expected<caf::actor> {
                        first = alone.spawn([]() -> caf::behavior { return {[](int number) { return number + 1; }}; });
                        return first;
                      }});
  services.push_back({"second", [&]() -> caf::expected<caf::actor> {
                        caf::scoped_actor waiting{alone};
                        caf::error failure;
                        waiting->request(first, 5s, 1).receive([](int) {}, [&](caf::error& err) { failure = err; });
                        if (failure)
                          return failure;
                        return alone.spawn([]() -> caf::behavior { return {[](int number) { return number; }}; });
                      }});
  supervisor_options options;
  options.starts_wait = true;
  auto supervisor = spawn_supervisor(alone, std::move(services), options);
  client->request(supervisor, 20s, start_atom::value)
    .receive([](caf::ok_atom) {}, [](const caf::error& err) { ADD_FAILURE() << text_of(err); });
  client->send_exit(supervisor, caf::exit_reason::user_shutdown);
  client->wait_for(supervisor);
}

TEST(restart_budget, forgets_restarts_outside_its_window) {
  restart_intensity budget{2, 10s};
  auto t = std::chrono::steady_clock::time_point{};
  EXPECT_TRUE(budget.allow(t));
  EXPECT_TRUE(budget.allow(t + 1s));
  EXPECT_FALSE(budget.allow(t + 2s));
  EXPECT_TRUE(budget.allow(t + 10s));
  EXPECT_FALSE(budget.allow(t + 10s));
  EXPECT_TRUE(budget.allow(t + 11s));
}

} // namespace
} // namespace hive
