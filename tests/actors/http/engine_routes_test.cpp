#include "actors/http/engine_routes.hpp"

#include "messages/research.capnp.h"
#include "messages/text.hpp"
#include "tests/actors/http/fake_node.hpp"

#include <gmock/gmock.h>

namespace hive::http {
namespace {

using testing::HasSubstr;

/// Names what it was asked, with the name of the token, in fields of its answers.
struct engines_state {
  static inline const char* name = "engines_stub";
};

std::string asked_with(const std::string& token, const std::string& what) {
  return what + " by '" + token + "'";
}

msg<wire::ResearchSession> session(const std::string& topic) {
  return msg<wire::ResearchSession>::build([&](wire::ResearchSession::Builder out) { out.setTopic(topic); });
}

http_engines_actor::behavior_type engines_stub(http_engines_actor::stateful_pointer<engines_state>) {
  using namespace wire;
  auto spawned = [](const std::string& id, const std::string& reason) {
    return msg<Spawned>::build([&](Spawned::Builder out) {
      out.setId(id);
      out.setReason(reason);
    });
  };
  return {
    [spawned](const http_engine_request<StartSpawned>& what) {
      return spawned("new", asked_with(what.token, what.request->getCommand().getName().cStr()));
    },
    [](const msg<SpawnedQuery>&) {
      return msg<SpawnedList>::build([](SpawnedList::Builder out) { out.initSpawned(1)[0].setId("listed"); });
    },
    [spawned](const msg<OneSpawnedQuery>& what) -> caf::result<msg<Spawned>> {
      if (as_view(what->getId()) == "gone")
        return fail(ec::not_found, "there is no gone");
      return spawned(what->getId().cStr(), "found");
    },
    [](const http_engine_request<KeepSpawned>& what) {
      return msg<SpawnedKept>::build([&](SpawnedKept::Builder out) {
        out.initSpawned(1)[0].setId(what.request->getId());
        out.getSpawned()[0].setReason(asked_with(what.token, std::to_string(what.request->getAlso().size()) + " also"));
      });
    },
    [](const msg<SpawnedResultQuery>& what) {
      return msg<SpawnedResult>::build([&](SpawnedResult::Builder out) {
        out.initSpawned().setId(what->getId());
        out.getSpawned().setReason("waited " + std::to_string(what->getWait()));
      });
    },
    [](const http_engine_request<ResearchIteration>& what) {
      return session(asked_with(what.token, std::string{"iteration of "} + what.request->getId().cStr()));
    },
    [](const http_engine_request<ResearchImprovement>& what) {
      return session(asked_with(what.token, std::string{"improvement of "} + what.request->getId().cStr()));
    },
    [](const http_engine_request<FinishResearch>& what) {
      return msg<ResearchReport>::build([&](ResearchReport::Builder out) {
        out.initSession().setTopic(asked_with(what.token, std::string{"end of "} + what.request->getId().cStr()));
      });
    },
    [](const msg<EndOneSpawned>& what) {
      return msg<SpawnedEnded>::build([&](SpawnedEnded::Builder out) { out.setId(what->getId()); });
    },
    [](const msg<EngineQuery>&) {
      return msg<EngineList>::build([](EngineList::Builder out) { out.initEngines(1)[0].setName("e7"); });
    },
  };
}

/// SHA-256 of `reader`, `recorder` and `operate`.
server_options with_tokens() {
  server_options out;
  out.tokens = {
    *make_access_token("r", "read", "3d0941964aa3ebdcb00ccef58b1bb399f9f898465e9886d5aec7f31090a0fb30"),
    *make_access_token("w", "record", "93384247058b5e037a16c08536d5a3b3c20453cda6571c7e016942f9f93b274f"),
    *make_access_token("ci", "operate", "2c29d39181de8f853de5e48ba983a5c88612b9dbaa5ab32c7748800a0840aeb8"),
  };
  return out;
}

class engine_routes_test : public testing::Test {
protected:
  explicit engine_routes_test(server_options options = {.open = role::operate})
      : node{std::move(options), [this](const fake_services& services) {
               engines_ = services.registry.home_system().spawn(engines_stub);
               return engine_routes(engines_);
             }} {
  }

  ~engine_routes_test() override {
    caf::anon_send_exit(engines_, caf::exit_reason::kill);
  }

  incoming_response ask(const std::string& verb, const std::string& path, const std::string& body = {},
                        const std::string& token = {}) const {
    std::vector<std::string> headers{"Content-Type: application/json"};
    if (!token.empty())
      headers.push_back("Authorization: Bearer " + token);
    return node.request(verb, "/api/v1" + path, body, headers);
  }

  const std::string command = R"({"command":{"name":"echo","command":["/bin/echo"]}})";

private:
  http_engines_actor engines_; // before the node, which makes it

protected:
  fake_node node;
};

class guarded_engine_routes : public engine_routes_test {
protected:
  guarded_engine_routes() : engine_routes_test{with_tokens()} {
  }
};

TEST_F(engine_routes_test, reach_the_service_with_what_the_path_says) {
  auto created = ask("POST", "/spawned", command);
  EXPECT_EQ(created.status, 201) << created.body;
  EXPECT_THAT(created.body, HasSubstr("echo by ''"));
  EXPECT_THAT(ask("GET", "/spawned").body, HasSubstr("listed"));
  EXPECT_THAT(ask("GET", "/spawned/a").body, HasSubstr(R"("id":"a")"));
  EXPECT_EQ(ask("GET", "/spawned/gone").status, 404);
  EXPECT_THAT(ask("POST", "/spawned/a/keepalive").body, HasSubstr("0 also by ''"));
  EXPECT_THAT(ask("POST", "/spawned/a/keepalive", R"({"also":["b","c"]})").body, HasSubstr("2 also"));
  EXPECT_THAT(ask("GET", "/spawned/a/result").body, HasSubstr("waited 0.0"));
  EXPECT_THAT(ask("GET", "/spawned/a/result?wait=1.5").body, HasSubstr("waited 1.5"));
  EXPECT_EQ(ask("GET", "/spawned/a/result?wait=61").status, 400);
  EXPECT_THAT(ask("POST", "/spawned/a/iterations", R"({"outcome":"success","duration_s":1})").body,
              HasSubstr("iteration of a by ''"));
  EXPECT_THAT(ask("POST", "/spawned/a/improvements", "{}").body, HasSubstr("improvement of a"));
  EXPECT_THAT(ask("POST", "/spawned/a/finish", "{}").body, HasSubstr("end of a"));
  EXPECT_THAT(ask("DELETE", "/spawned/a").body, HasSubstr(R"("id":"a")"));
  EXPECT_THAT(ask("GET", "/engines").body, HasSubstr("e7"));
}

TEST_F(engine_routes_test, refuse_what_is_malformed) {
  EXPECT_EQ(ask("POST", "/spawned", R"({"command":{"command":["/bin/echo"]}})").status, 400) << "without a name";
  EXPECT_EQ(ask("POST", "/spawned", R"({"command":"/bin/echo"})").status, 400);
  EXPECT_EQ(ask("POST", "/spawned", R"({"place":{"node":"../x"}})").status, 400);
  EXPECT_EQ(ask("GET", "/spawned/..%2Fx").status, 400);
  EXPECT_EQ(ask("POST", "/spawned/a/iterations", R"({"duration_s":1})").status, 400);
}

TEST_F(guarded_engine_routes, the_name_of_the_token_is_that_of_the_engine) {
  EXPECT_THAT(ask("POST", "/spawned", command, "operate").body, HasSubstr("echo by 'ci'"));
  EXPECT_THAT(ask("POST", "/spawned/a/keepalive", "{}", "recorder").body, HasSubstr("0 also by 'w'"));
  EXPECT_THAT(ask("POST", "/spawned/a/finish", "{}", "recorder").body, HasSubstr("end of a by 'w'"));
}

TEST_F(guarded_engine_routes, to_spawn_and_to_end_is_to_operate_the_node) {
  for (const auto* token : {"reader", "recorder"}) {
    EXPECT_EQ(ask("POST", "/spawned", command, token).status, 403);
    EXPECT_EQ(ask("DELETE", "/spawned/a", {}, token).status, 403);
  }
  EXPECT_EQ(ask("POST", "/spawned", command).status, 401);
  EXPECT_EQ(ask("POST", "/spawned/a/keepalive", "{}", "reader").status, 403);
  EXPECT_EQ(ask("GET", "/spawned", {}, "reader").status, 200);
  EXPECT_EQ(ask("GET", "/spawned/a/result", {}, "reader").status, 200);
  EXPECT_EQ(ask("GET", "/engines", {}, "reader").status, 200);
}

} // namespace
} // namespace hive::http
