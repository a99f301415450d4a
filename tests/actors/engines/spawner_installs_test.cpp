#include "tests/actors/engines/spawner_scene.hpp"

// Benchmarks that engines and other nodes have installed on this one.

namespace hive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class spawner_installs_test : public spawner_scene {
protected:
  test_reply<msg<wire::Install>> install(const test_connection& from, const msg<wire::SpawnTicket>& ticket,
                                         const msg<wire::SpawnSpec>& spec) {
    return show<wire::InstallThere, msg<wire::Install>>(from, ticket, spec);
  }

  test_reply<msg<wire::Install>> install_over_link(const msg<wire::SpawnTicket>& ticket,
                                                   const msg<wire::SpawnSpec>& spec, const node_id& over) {
    auto order = msg<wire::InstallThere>::build([&](wire::InstallThere::Builder out) {
      out.setTicket(*ticket);
      out.setSpec(*spec);
    });
    return tests.ask<msg<wire::Install>>(spawner, link_request<wire::InstallThere>{over, order});
  }
};

TEST_F(spawner_installs_test, an_engine_installs_with_a_ticket_that_counts_once) {
  start();
  auto spec = benchmark("b1");
  auto shown = ticket(spec);
  EXPECT_EQ(install(connect(), shown, spec).answer()->getState(), wire::InstallState::INSTALLED);
  EXPECT_THAT(installs.waited_for, ElementsAre("b1"));
  expect_refused(install(connect(), shown, spec), ec::forbidden, "used");
  auto other = benchmark("b2");
  expect_refused(install(connect(), ticket(spec), other), ec::forbidden, "something else");
  expect_refused(install(connect(engine8), ticket(spec), spec), ec::forbidden, "engine");
  EXPECT_THAT(installs.waited_for, ElementsAre("b1"));
}

TEST_F(spawner_installs_test, answers_at_once_when_it_is_not_to_wait) {
  start();
  auto spec = benchmark("b1", false);
  EXPECT_EQ(install(connect(), ticket(spec), spec).answer()->getState(), wire::InstallState::WAITING);
  EXPECT_THAT(installs.begun, ElementsAre("b1"));
  EXPECT_THAT(installs.waited_for, IsEmpty());
}

TEST_F(spawner_installs_test, is_opened_by_the_policy_on_both_nodes) {
  options.policy.benchmarks = false;
  start();
  auto spec = benchmark("b1");
  expect_refused(request_ticket(connect(), spec), ec::forbidden, "benchmark is not among engines.allow");
  expect_refused(install(connect(), ticket(spec), spec), ec::forbidden, "benchmark is not among engines.allow");
  EXPECT_THAT(installs.waited_for, IsEmpty());
}

TEST_F(spawner_installs_test, passes_the_error_of_an_install_and_takes_no_place_in_the_quota) {
  options.policy.quota = 0;
  start();
  auto spec = benchmark("b1");
  EXPECT_NO_THROW(install(connect(), ticket(spec), spec).answer());
  installs.failure = fail(ec::forbidden, "not below a prefix");
  expect_refused(install(connect(), ticket(spec), spec), ec::forbidden, "not below a prefix");
}

TEST_F(spawner_installs_test, another_node_installs_with_its_own_tickets) {
  start();
  auto spec = benchmark("b1");
  auto of_far = issue_ticket(keys_of(2), http_engine(far, "operator"), here, *spec, "", now_unix_micros());
  expect_refused(install_over_link(of_far, spec, here), ec::forbidden, "shows a ticket");
  EXPECT_NO_THROW(install_over_link(of_far, spec, far).answer());
  EXPECT_THAT(installs.waited_for, ElementsAre("b1"));
}

TEST_F(spawner_installs_test, the_part_of_the_spec_must_fit_the_request) {
  start();
  expect_refused(install(connect(), ticket(echo()), echo()), ec::invalid, "spec.benchmark must be given");
  expect_refused(show(connect(), ticket(benchmark("b1")), benchmark("b1")), ec::invalid, "spec.adapter must be given");
}

} // namespace
} // namespace hive
