#include "actors/namespaces/namespace_directory.hpp"

#include "actors/http/route_set.hpp"
#include "messages/json.hpp"
#include "messages/namespace.capnp.h"
#include "tests/support/deterministic_system.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/wait_until.hpp"

#include <gmock/gmock.h>

namespace hive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// internal: lets a host answer that was told to wait.
using release_atom = caf::atom_constant<caf::atom("release")>;
using fake_host = namespace_host_actor::extend<caf::reacts_to<release_atom>>;

/// A directory over hosts that make a directory and nothing else. They open at once, unless the test holds them.
struct namespace_directory_test : testing::Test {
  temporary_directory dir;
  deterministic_system actors;
  std::vector<std::string> opened; ///< in this order
  std::map<std::string, fake_host> hosts;
  std::map<std::string, std::string> broken; ///< why they cannot be opened
  bool hold = false;
  caf::typed_response_promise<open_namespace> held; ///< the newest one's
  std::shared_ptr<const usage> users = std::make_shared<usage>();
  namespaces_actor directory;

  void start(namespace_directory_options options = {}) {
    options.path = dir.path() / "namespaces";
    auto spawn_host = [this](const std::string& id, const std::filesystem::path& path) {
      opened.push_back(id);
      hosts[id] = actors.system().spawn([this, id, path](fake_host::pointer self) -> fake_host::behavior_type {
        return {[this, id, path, self](open_atom) -> caf::result<open_namespace> {
                  if (broken.contains(id))
                    return fail(ec::corrupt, broken[id]);
                  std::filesystem::create_directories(path);
                  held = self->make_response_promise<open_namespace>();
                  if (!hold)
                    release();
                  return held;
                },
                [this](release_atom) { release(); }};
      });
      return caf::actor_cast<namespace_host_actor>(hosts[id]);
    };
    directory = spawn_namespace_directory(actors.system(), spawn_host, options);
    actors.run();
  }

  /// For hosts: lets the newest one answer.
  void release() {
    held.deliver(open_namespace{std::make_shared<http::route_set>(std::vector<http::route>{}), users});
  }

  ~namespace_directory_test() override {
    held = {};
    actors.end(directory);
  }

  test_reply<namespace_entry> enter(const std::string& id, bool may_create = true) {
    return actors.ask<namespace_entry>(directory, enter_namespace{id, may_create});
  }

  std::vector<std::string> listed(const std::string& query = "{}") {
    auto list = actors.ask<msg<wire::NamespaceList>>(directory, *from_json<wire::NamespaceQuery>(query)).answer();
    std::vector<std::string> out;
    for (auto each : list->getNamespaces())
      out.push_back(std::string{each.getId().cStr()} + (each.getOpen() ? "+" : ""));
    if (list->getNext().size() > 0)
      out.push_back(std::string{"after "} + list->getNext().cStr());
    return out;
  }

  test_reply<msg<wire::NamespaceName>> remove(const std::string& id) {
    return actors.ask<msg<wire::NamespaceName>>(directory, *from_json<wire::NamespaceName>(R"({"id":")" + id + "\"}"));
  }

  bool exists(const std::string& name) const {
    return std::filesystem::exists(dir.path() / "namespaces" / name);
  }
};

TEST_F(namespace_directory_test, a_namespace_begins_with_the_first_one_who_may_write) {
  start();
  enter("a", false).answer();
  EXPECT_THAT(opened, ElementsAre(".empty")) << "it does not exist";
  enter("b", false).answer();
  EXPECT_THAT(opened, SizeIs(1)) << "all that do not exist are the same";
  EXPECT_THAT(listed(), IsEmpty());
  enter("a").answer();
  enter("a", false).answer();
  EXPECT_THAT(opened, ElementsAre(".empty", "a"));
  EXPECT_THAT(listed(), ElementsAre("a+"));
}

TEST_F(namespace_directory_test, those_on_disk_are_known_and_leftovers_of_a_deletion_are_removed) {
  for (const char* name : {"b", "a", ".empty", ".deleted-c"})
    std::filesystem::create_directories(dir.path() / "namespaces" / name / "store");
  start();
  EXPECT_THAT(listed(), ElementsAre("a", "b"));
  EXPECT_THAT(listed(R"({"limit":1})"), ElementsAre("a", "after a"));
  EXPECT_THAT(listed(R"({"limit":1,"after":"a"})"), ElementsAre("b"));
  EXPECT_FALSE(exists(".deleted-c"));
  enter("b", false).answer();
  EXPECT_THAT(listed(), ElementsAre("a", "b+"));
}

TEST_F(namespace_directory_test, who_comes_while_it_is_opened_waits) {
  hold = true;
  start();
  auto first = enter("a"), second = enter("a");
  EXPECT_TRUE(first.is_pending() && second.is_pending());
  EXPECT_THAT(opened, SizeIs(1));
  caf::anon_send(hosts["a"], release_atom::value);
  actors.run();
  EXPECT_EQ(first.answer().routes, second.answer().routes);
}

TEST_F(namespace_directory_test, one_that_cannot_be_opened_says_why_and_is_tried_again) {
  broken["a"] = "the store is damaged";
  start();
  expect_refused(enter("a"), ec::corrupt, "namespace a: the store is damaged");
  EXPECT_THAT(listed(), IsEmpty());
  broken.clear();
  enter("a").answer();
}

TEST_F(namespace_directory_test, one_whose_service_fails_is_closed_and_opened_by_the_next_request) {
  start();
  enter("a").answer();
  caf::anon_send_exit(hosts["a"], caf::exit_reason::unhandled_exception);
  actors.run();
  EXPECT_THAT(listed(), ElementsAre("a"));
  enter("a", false).answer();
  EXPECT_THAT(opened, ElementsAre("a", "a"));
}

TEST_F(namespace_directory_test, bounds_are_named_when_they_are_reached) {
  start({.max = 2, .table = {.max_open = 1}});
  enter("a").answer();
  enter("b").answer();
  expect_refused(enter("c"), ec::overloaded, "this node has 2 namespaces, as many as namespaces.max allows");
  enter("a").answer();
  auto use = users->take();
  expect_refused(enter("b"), ec::overloaded, "1 namespaces are in use");
  use.reset();
  EXPECT_FALSE(enter("b").is_pending());
}

TEST_F(namespace_directory_test, a_deleted_one_is_gone_with_its_directory_and_makes_room) {
  start({.max = 1});
  enter("a").answer();
  expect_refused(remove("b"), ec::not_found, "no namespace b");
  auto removal = remove("a");
  EXPECT_FALSE(actors.is_alive(hosts["a"]));
  EXPECT_TRUE(wait_until([&] { // the deletion has a thread of its own
    actors.run();
    return !removal.is_pending();
  }));
  EXPECT_STREQ(removal.answer()->getId().cStr(), "a");
  EXPECT_FALSE(exists("a"));
  EXPECT_THAT(listed(), IsEmpty());
  expect_refused(remove("a"), ec::not_found, "no namespace a");
  enter("b").answer();
}

TEST_F(namespace_directory_test, a_node_may_allow_none) {
  start({.max = 0});
  expect_refused(enter("a"), ec::overloaded, "allows no namespaces");
}

TEST_F(namespace_directory_test, an_idle_one_is_closed_after_a_while) {
  start({.table = {.idle = std::chrono::seconds{0}}});
  enter("a").answer();
  EXPECT_THAT(listed(), ElementsAre("a+"));
  actors.pass(std::chrono::seconds{2});
  EXPECT_THAT(listed(), ElementsAre("a"));
  EXPECT_FALSE(actors.has_pending_timeout()) << "nothing is left to wait for";
}

TEST_F(namespace_directory_test, told_to_end_it_first_closes_all) {
  hold = true;
  start();
  auto waits = enter("a");
  actors.end(directory);
  EXPECT_FALSE(actors.is_alive(hosts["a"]));
  EXPECT_FALSE(actors.is_alive(directory));
  EXPECT_FALSE(waits.is_pending());
}

} // namespace
} // namespace hive
