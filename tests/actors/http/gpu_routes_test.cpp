#include "actors/http/gpu_routes.hpp"

#include "messages/gpu.capnp.h"
#include "messages/text.hpp"
#include "tests/actors/http/fake_node.hpp"

#include <gmock/gmock.h>

namespace hive::http {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Says in fields of its answers what it was asked. It puts secrets into all of them, as no scheduler should.
struct scheduler_state {
  static inline const char* name = "scheduler_stub";
};

void fill(wire::Lease::Builder out, const std::string& id, wire::LeaseState state = wire::LeaseState::ACTIVE) {
  out.setId(id);
  out.setState(state);
  out.setToken("secret-token");
  out.setKey("secret-key");
  out.setDevice("GPU-1");
}

msg<wire::Lease> lease(const std::string& id, const std::string& reason = {}) {
  return msg<wire::Lease>::build([&](wire::Lease::Builder out) {
    fill(out, id);
    out.setReason(reason);
  });
}

caf::result<msg<wire::Lease>> take(const msg<wire::RequestLease>& what) {
  auto priority = what->getPriority();
  if (priority == 99)
    return fail(ec::unsupported, "no GPU has 4000 GB");
  if (priority == 98)
    return fail(ec::overloaded, "10000 requests wait");
  return msg<wire::Lease>::build([&](wire::Lease::Builder out) {
    fill(out, "l1", what->getWait() ? wire::LeaseState::ACTIVE : wire::LeaseState::QUEUED);
    if (priority == 97) {
      out.setState(wire::LeaseState::ENDED);
      out.setOutcome(wire::LeaseOutcome::INFEASIBLE);
      out.setReason("GPU-1 is lost");
    }
    out.setHolder(what->getHolder());
    out.setKey(what->getKey());
    out.setVramMib(static_cast<uint64_t>(what->getVramGb() * 1e9 / (1 << 20)));
  });
}

gpu_scheduler_actor::behavior_type scheduler_stub(gpu_scheduler_actor::stateful_pointer<scheduler_state>) {
  using namespace wire;
  return {
    [](const msg<GpuQuery>&) {
      return msg<GpuList>::build([](GpuList::Builder out) { out.initGpus(1)[0].setUuid("GPU-1"); });
    },
    [](const msg<RequestLease>& what) { return take(what); },
    [](const hold_lease&) { return lease("held"); },
    [](const msg<LeaseQuery>& what) -> caf::result<msg<Lease>> {
      if (as_view(what->getId()) == "gone")
        return fail(ec::not_found, "there is no lease gone");
      return lease(what->getId().cStr());
    },
    [](const msg<LeaseListQuery>&) {
      return msg<LeaseList>::build([](LeaseList::Builder out) { fill(out.initLeases(1)[0], "listed"); });
    },
    [](const msg<LeaseHistoryQuery>& what) {
      return msg<LeaseHistory>::build([&](LeaseHistory::Builder out) {
        fill(out.initLeases(1)[0], "ended", LeaseState::ENDED);
        out.setNext(std::to_string(what->getLimit()) + what->getHolder().cStr());
      });
    },
    [](const msg<ExplainLease>& what) {
      return msg<LeaseExplanation>::build([&](LeaseExplanation::Builder out) {
        fill(out.initLease(), what->getId().cStr());
        out.setExplanation("it waits for GPU-1");
      });
    },
    [](const msg<RenewLease>& what) -> caf::result<msg<Lease>> {
      if (as_view(what->getToken()) != "secret-token")
        return fail(ec::forbidden, "that is not the lease's token");
      return lease(what->getId().cStr(), std::string{"ready "} + (what->getReady() ? "yes" : "no") + ", pid " +
                                           std::to_string(what->getPid()));
    },
    [](const msg<ReleaseLease>& what) {
      return lease(what->getId().cStr(), std::string{"with '"} + what->getToken().cStr() + "' because " +
                                           what->getReason().cStr() + (what->getNow() ? " now" : ""));
    },
    [](const msg<ClearQuarantine>& what) {
      return msg<GpuInfo>::build([&](GpuInfo::Builder out) { out.setUuid(what->getUuid()); });
    },
    [](const sharing_started&) {},
  };
}

/// SHA-256 of `reader`, `recorder` and `operate`.
server_options with_gpu_tokens() {
  server_options out;
  out.tokens = {
    *make_access_token("r", "read", "3d0941964aa3ebdcb00ccef58b1bb399f9f898465e9886d5aec7f31090a0fb30"),
    *make_access_token("w", "record", "93384247058b5e037a16c08536d5a3b3c20453cda6571c7e016942f9f93b274f"),
    *make_access_token("ci", "operate", "2c29d39181de8f853de5e48ba983a5c88612b9dbaa5ab32c7748800a0840aeb8"),
  };
  return out;
}

class gpu_routes_test : public testing::Test {
protected:
  explicit gpu_routes_test(server_options options = {.open = role::operate})
      : node{std::move(options), [this](const fake_services& services) {
               scheduler_ = services.registry.home_system().spawn(scheduler_stub);
               return gpu_routes(scheduler_);
             }} {
  }

  ~gpu_routes_test() override {
    caf::anon_send_exit(scheduler_, caf::exit_reason::kill);
  }

  incoming_response ask(const std::string& verb, const std::string& path, const std::string& body = {},
                        const std::string& token = {}) const {
    std::vector<std::string> headers{"Content-Type: application/json"};
    if (!token.empty())
      headers.push_back("Authorization: Bearer " + token);
    return node.request(verb, "/api/v1/gpus" + path, body, headers);
  }

  msg<wire::Lease> read(const incoming_response& answer) const {
    auto lease = from_json<wire::Lease>(answer.body);
    EXPECT_TRUE(lease) << answer.body;
    return lease ? *lease : msg<wire::Lease>{};
  }

private:
  gpu_scheduler_actor scheduler_; // before the node, which makes it

protected:
  fake_node node;
};

class guarded_gpu_routes : public gpu_routes_test {
protected:
  guarded_gpu_routes() : gpu_routes_test{with_gpu_tokens()} {
  }
};

/// A node without tokens, on which everybody may record.
class open_gpu_routes : public gpu_routes_test {
protected:
  open_gpu_routes() : gpu_routes_test{server_options{}} {
  }
};

TEST_F(gpu_routes_test, reach_the_scheduler_with_what_the_path_says) {
  EXPECT_THAT(ask("GET", "").body, HasSubstr(R"("uuid":"GPU-1")"));
  EXPECT_THAT(ask("POST", "/GPU-7/clear").body, HasSubstr(R"("uuid":"GPU-7")"));
  EXPECT_THAT(ask("GET", "/leases").body, HasSubstr(R"("id":"listed")"));
  EXPECT_THAT(ask("GET", "/leases/a").body, HasSubstr(R"("id":"a")"));
  EXPECT_EQ(ask("GET", "/leases/gone").status, 404);
  EXPECT_THAT(ask("GET", "/leases/a/why").body, HasSubstr("it waits for GPU-1"));
  EXPECT_THAT(ask("GET", "/history?limit=7&holder=me").body, HasSubstr(R"("next":"7me")"));
  auto renewed = ask("POST", "/leases/a/renew", R"({"token":"secret-token","ready":true,"pid":12})");
  EXPECT_EQ(renewed.status, 200);
  EXPECT_THAT(renewed.body, HasSubstr("ready yes, pid 12"));
  EXPECT_THAT(ask("DELETE", "/leases/a", R"({"reason":"it is late","now":true})").body,
              HasSubstr("with '' because it is late now"));
  EXPECT_THAT(ask("DELETE", "/leases/a?token=secret-token").body, HasSubstr("with 'secret-token'"));
}

TEST_F(gpu_routes_test, a_request_is_answered_as_its_lease_stands) {
  auto active = node.request("POST", "/api/v1/gpus/leases", R"({"vram_gb":4})");
  EXPECT_EQ(active.status, 201) << active.body;
  EXPECT_EQ(active.location, "/api/v1/gpus/leases/l1");
  EXPECT_EQ(read(active)->getVramMib(), 3814u);
  auto queued = ask("POST", "/leases?wait=false", R"({"vram_gb":4})");
  EXPECT_EQ(queued.status, 202) << queued.body;
  EXPECT_EQ(queued.location, "/api/v1/gpus/leases/l1");
  auto infeasible = ask("POST", "/leases", R"({"vram_gb":4000,"priority":99})");
  EXPECT_EQ(infeasible.status, 409);
  EXPECT_EQ(as_view(problem_of(infeasible)->getCode()), "unsupported");
  auto refused_later = ask("POST", "/leases", R"({"vram_gb":4,"priority":97})");
  EXPECT_EQ(refused_later.status, 409);
  EXPECT_THAT(problem_of(refused_later)->getDetail().cStr(), HasSubstr("lease l1 has ended: GPU-1 is lost"));
  EXPECT_EQ(ask("POST", "/leases", R"({"vram_gb":4,"priority":98})").status, 503);
}

TEST_F(gpu_routes_test, refuse_what_is_malformed) {
  for (const auto* body :
       {"{}", R"({"vram_gb":0})", R"({"vram_gb":-1})", R"({"vram_gb":4,"devices":0})", R"({"vram_gb":4,"devices":65})",
        R"({"vram_gb":4,"ttl_s":0.5})", R"({"vram_gb":4,"max_duration_s":604801})", R"({"vram_gb":4,"holder":"a b"})"})
    EXPECT_EQ(ask("POST", "/leases", body).status, 400) << body;
  EXPECT_EQ(ask("POST", "/leases/a/renew", "{}").status, 400) << "without a token";
  EXPECT_EQ(ask("POST", "/leases/a/renew", R"({"token":"another"})").status, 403);
  EXPECT_EQ(ask("GET", "/leases/..%2Fx").status, 400);
  EXPECT_EQ(ask("GET", "/history?limit=1001").status, 400);
}

TEST_F(gpu_routes_test, tell_secrets_only_to_whom_knows_one) {
  for (const auto* path : {"/leases", "/leases/a", "/leases/a?token=guess", "/leases/a/why", "/history"}) {
    auto answer = ask("GET", path);
    EXPECT_EQ(answer.status, 200) << path;
    EXPECT_THAT(answer.body, Not(HasSubstr("secret"))) << path;
  }
  EXPECT_THAT(ask("DELETE", "/leases/a").body, Not(HasSubstr("secret"))) << "an operator who revokes it";
  for (const auto* path : {"/leases/a?token=secret-token", "/leases/a?token=secret-key"})
    EXPECT_EQ(as_view(read(ask("GET", path))->getToken()), "secret-token") << path;
  auto renewed = read(ask("POST", "/leases/a/renew", R"({"token":"secret-token"})"));
  EXPECT_EQ(as_view(renewed->getToken()), "secret-token");
}

TEST_F(gpu_routes_test, every_request_has_a_key_that_cannot_be_guessed) {
  auto key = [this](const char* body) { return std::string{read(ask("POST", "/leases", body))->getKey().cStr()}; };
  EXPECT_EQ(key(R"({"vram_gb":1,"key":"mine"})"), "mine");
  EXPECT_EQ(key(R"({"vram_gb":1,"key":""})").size(), 32u);
  auto first = key(R"({"vram_gb":1})");
  EXPECT_EQ(first.size(), 32u);
  EXPECT_NE(first, key(R"({"vram_gb":1})"));
}

TEST_F(gpu_routes_test, the_holder_is_whom_the_request_names) {
  EXPECT_EQ(as_view(read(ask("POST", "/leases", R"({"vram_gb":1,"holder":"me"})"))->getHolder()), "me");
  EXPECT_EQ(as_view(read(ask("POST", "/leases", R"({"vram_gb":1})"))->getHolder()), "operator");
}

TEST_F(guarded_gpu_routes, the_holder_is_whom_the_token_names) {
  EXPECT_EQ(as_view(read(ask("POST", "/leases", R"({"vram_gb":1})", "recorder"))->getHolder()), "w");
  EXPECT_EQ(as_view(read(ask("POST", "/leases", R"({"vram_gb":1,"holder":"w"})", "recorder"))->getHolder()), "w");
  auto foreign = ask("POST", "/leases", R"({"vram_gb":1,"holder":"me"})", "recorder");
  EXPECT_EQ(foreign.status, 403);
  EXPECT_THAT(foreign.body, HasSubstr("cannot take a lease for me"));
}

TEST_F(guarded_gpu_routes, to_end_what_others_hold_is_to_operate_the_node) {
  EXPECT_EQ(ask("DELETE", "/leases/a", R"({"reason":"mine now"})", "recorder").status, 403);
  EXPECT_EQ(ask("DELETE", "/leases/a", R"({"token":""})", "recorder").status, 403);
  EXPECT_EQ(ask("DELETE", "/leases/a", R"({"token":"secret-token"})", "recorder").status, 200);
  EXPECT_EQ(ask("DELETE", "/leases/a", R"({"reason":"mine now"})", "operate").status, 200);
  EXPECT_EQ(ask("POST", "/GPU-1/clear", {}, "recorder").status, 403);
  EXPECT_EQ(ask("POST", "/GPU-1/clear", {}, "operate").status, 200);
}

TEST_F(guarded_gpu_routes, who_names_a_process_that_the_node_may_kill_operates_it) {
  EXPECT_EQ(ask("POST", "/leases", R"({"vram_gb":1,"pid":1})", "recorder").status, 403);
  EXPECT_EQ(ask("POST", "/leases", R"({"vram_gb":1,"pid":1})", "operate").status, 201);
  EXPECT_EQ(ask("POST", "/leases/a/renew", R"({"token":"secret-token","pid":1})", "recorder").status, 403);
  EXPECT_EQ(ask("POST", "/leases/a/renew", R"({"token":"secret-token","pid":1})", "operate").status, 200);
  EXPECT_EQ(ask("POST", "/leases/a/renew", R"({"token":"secret-token"})", "recorder").status, 200);
}

TEST_F(guarded_gpu_routes, readers_read) {
  for (const auto* path : {"", "/leases", "/leases/a", "/leases/a/why", "/history"}) {
    EXPECT_EQ(ask("GET", path, {}, "reader").status, 200) << path;
    EXPECT_EQ(ask("GET", path).status, 401) << path;
  }
  EXPECT_EQ(ask("POST", "/leases", R"({"vram_gb":1})", "reader").status, 403);
  EXPECT_EQ(ask("DELETE", "/leases/a", R"({"token":"secret-token"})", "reader").status, 403);
}

TEST_F(open_gpu_routes, everybody_may_take_a_lease_and_give_it_back) {
  EXPECT_EQ(ask("POST", "/leases", R"({"vram_gb":1})").status, 201);
  EXPECT_EQ(ask("DELETE", "/leases/a", R"({"token":"secret-token"})").status, 200);
  auto foreign = ask("DELETE", "/leases/a");
  EXPECT_EQ(foreign.status, 403);
  EXPECT_THAT(foreign.body, HasSubstr("needs a token of role operate"));
}

} // namespace
} // namespace hive::http
