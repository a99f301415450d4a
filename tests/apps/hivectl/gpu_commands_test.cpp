#include "messages/gpu.capnp.h"
#include "messages/text.hpp"
#include "tests/apps/support/fake_node.hpp"
#include "tests/apps/support/hivectl.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

constexpr auto gpus = R"({"gpus":[
  {"uuid":"GPU-1","name":"NVIDIA H200","vram_mib":143771,"free_mib":140000,"mode":"shared","state":"ok",
   "leased_mib":3771,"leases":["l1"]},
  {"uuid":"sim-0","name":"Demo","vram_mib":8192,"mode":"idle","simulated":true,"state":"quarantined",
   "reason":"2048 MiB did not come back","quarantined_mib":2048}],"queued":2})";

constexpr auto leases = R"({"leases":[
  {"id":"l1","state":"active","holder":"me","device":"GPU-1","vram_mib":3771,"shared":true,"devices_wanted":1,
   "devices":[{"uuid":"GPU-1","vram_mib":3771}],"granted_at":"2026-11-29T04:00:00Z","ends_at":"2026-11-29T05:00:00Z"},
  {"id":"l2","state":"queued","holder":"you","vram_mib":512,"devices_wanted":4,"timed":true,"priority":3,
   "requested_at":"2026-11-29T04:00:00Z","promised_at":"2026-11-29T06:00:00Z"}]})";

TEST(gpu_list, shows_devices_and_how_many_wait) {
  auto node = answering(gpus);
  auto result = hivectl(node.url(), {"gpu", "list"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(node.requests().back().target, "/api/v1/gpus");
  EXPECT_THAT(result.out, ContainsRegex("GPU-1 +NVIDIA H200 +ok +shared +143771 +140000 +3771 +0 +0 +1 +-"));
  EXPECT_THAT(result.out, ContainsRegex("sim-0 +Demo +quarantined +idle +8192 +0 +0 +0 +2048 +0 +simulated: 2048 MiB"));
  EXPECT_THAT(result.out, HasSubstr("2 requests wait for a GPU."));
  EXPECT_EQ(parse<wire::GpuList>(hivectl(node.url(), {"--json", "gpu", "list"}).out)->getGpus().size(), 2u);
}

TEST(gpu_list, says_why_there_is_none) {
  auto node = answering(R"({"gpus":[],"reason":"libnvidia-ml.so.1 is not there"})");
  EXPECT_EQ(hivectl(node.url(), {"gpu", "list"}).out, "No GPUs: libnvidia-ml.so.1 is not there\n");
}

TEST(gpu_leases, shows_what_is_held_and_what_waits) {
  auto node = answering(leases);
  auto result = hivectl(node.url(), {"gpu", "leases", "--wide"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, ContainsRegex("l1 +active +me +GPU-1 +3771 +shared +0 +2026-11-29T04:00:00Z "
                                        "+2026-11-29T05:00:00Z"));
  EXPECT_THAT(result.out, ContainsRegex("l2 +queued +you +4 wanted +512 +timed +3 +2026-11-29T04:00:00Z "
                                        "+2026-11-29T06:00:00Z"));
}

TEST(gpu_history, shows_how_leases_ended) {
  auto node = answering(R"({"leases":[{"id":"l1","state":"ended","outcome":"overused","reason":"it used 5000 MiB",
    "holder":"me","vram_mib":3771,"devices":[{"uuid":"GPU-1","vram_mib":3771,"peak_mib":5000.4}],
    "granted_at":"2026-11-29T04:00:00Z","ended_at":"2026-11-29T04:00:12.5Z"}],"next":"l1"})");
  auto result = hivectl(node.url(), {"gpu", "history", "--holder", "me", "--limit", "1", "--wide"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(node.requests().back().target, "/api/v1/gpus/history?limit=1&holder=me");
  EXPECT_THAT(result.out, ContainsRegex("l1 +overused +me +GPU-1 +3771 +5000 +exclusive +12.5 +2026-11-29T04:00:12.5"));
  EXPECT_THAT(result.out, AllOf(HasSubstr("it used 5000 MiB"), HasSubstr("--limit shows more")));
}

TEST(gpu_history, shows_how_leases_were_used) {
  auto node = answering(R"({"leases":[
    {"id":"l1","state":"ended","outcome":"released","holder":"me","evidence":{"quality":"clean"}},
    {"id":"l2","state":"ended","outcome":"expired","reason":"not renewed","holder":"me","evidence":{
      "quality":"disturbed","reasons":["throttled for 3.0 s of 9.0 s","2 uncorrected memory errors"]}},
    {"id":"l3","state":"ended","outcome":"cancelled","holder":"me"}]})");
  auto result = hivectl(node.url(), {"gpu", "history", "--wide"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, ContainsRegex("l1 .* clean +-\n"));
  EXPECT_THAT(result.out, ContainsRegex("l2 .* disturbed +not renewed; throttled for 3.0 s of 9.0 s; 2 uncorrected "
                                        "memory errors\n"));
  EXPECT_THAT(result.out, ContainsRegex("l3 .* - +-\n"));
}

TEST(gpu_why, of_a_lease_tells_how_it_has_been_used) {
  auto node = answering(R"({"lease":{"id":"l2","state":"active","evidence":{"quality":"disturbed",
    "reasons":["other leases used it: l1"],"devices":[
      {"uuid":"GPU-1","peak_mib":1500,"peak_source":"polled","throttled_s":0,"co_tenants":["l1"]},
      {"uuid":"GPU-2","peak_mib":3000,"peak_source":"accounting","throttled_s":0.25,"co_tenants":["l1"]}]}},
    "explanation":"It does not wait."})");
  auto result = hivectl(node.url(), {"gpu", "why", "l2"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("So far: peak memory 3000 MiB (accounting), throttled for 0.2 s, 1 other lease on "
                                    "it; disturbed: other leases used it: l1.\n"));
}

TEST(gpu_why, tells_position_promise_and_blockers) {
  auto node = answering(R"({"lease":{"id":"l2","state":"queued","promised_at":"2026-11-29T06:00:00Z"},"position":1,
    "explanation":"It waits for 4 whole GPUs.","blockers":[
      {"device":"GPU-1","lease":"l1","reason":"leased by me","until":"2026-11-29T05:00:00Z"},
      {"device":"GPU-2","reason":"not observed lately"}]})");
  auto result = hivectl(node.url(), {"gpu", "why", "l2", "--wide"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(node.requests().back().target, "/api/v1/gpus/leases/l2/why");
  EXPECT_THAT(result.out, AllOf(HasSubstr("position 1"), HasSubstr("It waits for 4 whole GPUs."),
                                HasSubstr("(2026-11-29T06:00:00Z) at the latest")));
  EXPECT_THAT(result.out, ContainsRegex("GPU-1 +l1 +2026-11-29T05:00:00Z +leased by me"));
  EXPECT_THAT(result.out, ContainsRegex("GPU-2 +- +- +not observed lately"));
}

TEST(gpu_clear, ends_a_quarantine) {
  auto node = answering(R"({"uuid":"GPU-1","state":"ok"})");
  auto result = hivectl(node.url(), {"gpu", "clear", "GPU-1"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(node.requests().back().method, "POST");
  EXPECT_EQ(node.requests().back().target, "/api/v1/gpus/GPU-1/clear");
  EXPECT_EQ(result.out, "GPU-1 is ok now.\n");
}

TEST(gpu_renew, takes_lease_and_token_from_the_environment) {
  auto node = answering(R"({"id":"l1","token":"t1","state":"active"})");
  auto what = hivectl_program({"--url", node.url(), "gpu", "renew", "--ready"});
  what.environment.insert(what.environment.end(), {"HIVE_LEASE_ID=l1", "HIVE_LEASE_TOKEN=t1"});
  auto result = run_program(what);
  EXPECT_EQ(result.status, 0) << result.err;
  auto asked = node.requests().back();
  EXPECT_EQ(asked.target, "/api/v1/gpus/leases/l1/renew");
  auto body = parse<wire::RenewLease>(asked.body);
  EXPECT_EQ(as_view(body->getToken()), "t1");
  EXPECT_TRUE(body->getReady());
  what.command = hivectl_program({"--url", node.url(), "gpu", "renew", "l2"}).command;
  EXPECT_EQ(run_program(what).status, 64) << "the token is another lease's";
  EXPECT_EQ(hivectl(node.url(), {"gpu", "renew"}).status, 64);
}

TEST(gpu_release, sends_the_token_in_the_body) {
  auto node = answering(R"({"id":"l1","state":"releasing","outcome":"released"})");
  auto result = hivectl(node.url(), {"gpu", "release", "l1", "--token", "t1"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(node.requests().back().method, "DELETE");
  EXPECT_EQ(node.requests().back().target, "/api/v1/gpus/leases/l1");
  EXPECT_EQ(as_view(parse<wire::ReleaseLease>(node.requests().back().body)->getToken()), "t1");
  hivectl(node.url(), {"gpu", "release", "l1", "--reason", "it is late", "--now"});
  auto revocation = parse<wire::ReleaseLease>(node.requests().back().body);
  EXPECT_EQ(revocation->getToken().size(), 0u);
  EXPECT_EQ(as_view(revocation->getReason()), "it is late");
  EXPECT_TRUE(revocation->getNow());
}

TEST(gpu_lease, asks_for_what_the_options_say) {
  auto node = answering(R"({"id":"l1","token":"t1","state":"active","device":"GPU-1","ttl_s":60})", 201);
  auto result = hivectl(node.url(), {"gpu", "lease", "--vram", "4", "--shared", "--max-duration", "1.5h", "--ttl", "1m",
                                     "--priority", "-3", "--holder", "me", "--key", "k1"});
  EXPECT_EQ(result.status, 0) << result.err;
  auto asked = parse<wire::RequestLease>(node.requests().back().body);
  EXPECT_EQ(asked->getVramGb(), 4);
  EXPECT_TRUE(asked->getShared());
  EXPECT_EQ(asked->getMaxDurationS(), 5'400);
  EXPECT_EQ(asked->getTtlS(), 60);
  EXPECT_EQ(asked->getPriority(), -3);
  EXPECT_EQ(as_view(asked->getHolder()), "me");
  EXPECT_EQ(as_view(asked->getKey()), "k1");
  EXPECT_THAT(result.out, ContainsRegex("Token +t1"));
  EXPECT_THAT(result.err, HasSubstr("renewed every 60 s"));
  hivectl(node.url(), {"gpu", "lease", "--devices", "2", "--timed"});
  asked = parse<wire::RequestLease>(node.requests().back().body);
  EXPECT_FALSE(asked->getShared()) << "whole devices unless it says otherwise";
  EXPECT_TRUE(asked->getTimed());
  EXPECT_EQ(asked->getDevices(), 2u);
  EXPECT_EQ(asked->getKey().size(), 32u);
}

TEST(gpu_lease, waits_in_the_queue_and_says_for_what) {
  int looks = 0;
  fake_node node{[&](const fake_request& request) -> fake_response {
    if (request.target.ends_with("/why"))
      return {200, R"({"lease":{"id":"l2","state":"queued","promised_at":"2036-01-01T00:00:00Z"},"position":3,
                       "explanation":"It waits for GPU-1."})"};
    if (request.method == "GET")
      return {200, ++looks < 3 ? R"({"id":"l2","state":"queued"})" : R"({"id":"l2","state":"active"})"};
    return looks < 3 ? fake_response{202, R"({"id":"l2","key":"k1","state":"queued"})"}
                     : fake_response{201, R"({"id":"l2","key":"k1","token":"t2","state":"active"})"};
  }};
  auto result = hivectl(node.url(), {"gpu", "lease", "--key", "k1"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("t2"));
  EXPECT_THAT(result.err, AllOf(HasSubstr("position 3"), HasSubstr("at the latest"), HasSubstr("It waits for GPU-1.")));
  auto requests = node.requests();
  EXPECT_EQ(requests.front().target, "/api/v1/gpus/leases?wait=false");
  EXPECT_EQ(requests.back().body, requests.front().body) << "the same request has the same lease";
  for (const auto& each : requests)
    EXPECT_THAT(each.target, Not(HasSubstr("t2")));
}

TEST(gpu_lease, goes_on_when_the_node_has_forgotten_or_is_away) {
  int step = 0;
  fake_node node{[&](const fake_request& request) -> fake_response {
    if (request.target.ends_with("/why"))
      return {0, {}};
    switch (++step) {
    case 1:
      return {202, R"({"id":"l2","state":"queued"})"};
    case 2:
      return {0, {}};
    case 3:
      return problem(503, R"({"title":"x","status":503,"detail":"the node is stopping","code":"unavailable"})");
    case 4:
      return problem(404, R"({"title":"x","status":404,"detail":"there is no lease l2","code":"not_found"})");
    default:
      return {201, R"({"id":"l3","token":"t3","state":"active"})"};
    }
  }};
  auto result = hivectl(node.url(), {"gpu", "lease"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("t3"));
}

TEST(gpu_lease, an_error_does_not_show_the_key) {
  fake_node node{[](const fake_request& request) -> fake_response {
    if (request.target.ends_with("/why"))
      return {0, {}};
    return request.method == "POST" ? fake_response{202, R"({"id":"l2","state":"queued"})"}
                                    : fake_response{404, "<html>"};
  }};
  auto result = hivectl(node.url(), {"gpu", "lease", "--key", "my-secret"});
  EXPECT_EQ(result.status, 69);
  EXPECT_THAT(result.err, AllOf(HasSubstr("/gpus/leases/l2"), Not(HasSubstr("my-secret"))));
}

TEST(gpu_lease, without_waiting_ends_with2_while_it_is_queued) {
  auto node = answering(R"({"id":"l2","key":"k1","state":"queued"})", 202);
  auto result = hivectl(node.url(), {"gpu", "lease", "--no-wait", "--key", "k1"});
  EXPECT_EQ(result.status, 2) << result.err;
  EXPECT_THAT(result.err, HasSubstr("--key k1"));
  EXPECT_EQ(node.requests().size(), 1u);
}

TEST(gpu_lease, ends_with65_when_no_gpu_can_satisfy_it) {
  auto node = fake_node{[](const fake_request&) {
    return problem(409, R"({"title":"Conflict","status":409,"detail":"no GPU has 4000 GB","code":"unsupported"})");
  }};
  auto result = hivectl(node.url(), {"gpu", "lease", "--vram", "4000"});
  EXPECT_EQ(result.status, 65);
  EXPECT_EQ(result.err, "hivectl: no GPU has 4000 GB\n");
}

TEST(gpu, refuses_what_makes_no_sense_without_asking) {
  const std::vector<std::vector<std::string>> wrong{
    {"gpu", "lease", "--shared"},
    {"gpu", "lease", "--vram", "0"},
    {"gpu", "lease", "--vram", "4", "--shared", "--timed"},
    {"gpu", "lease", "--vram", "4", "--shared", "--exclusive"},
    {"gpu", "lease", "--devices", "65"},
    {"gpu", "lease", "--max-duration", "8d"},
    {"gpu", "lease", "--max-duration", "soon"},
    {"gpu", "lease", "--ttl", "0.5"},
    {"gpu", "lease", "--holder", "a b"},
    {"gpu", "lease", "--", "true"},
    {"gpu", "run"},
    {"gpu", "run", "--"},
    {"gpu", "why"},
    {"gpu", "release"},
    {"gpu", "clear", "../x"},
    {"gpu", "history", "--limit", "0"},
  };
  auto node = answering("{}");
  for (const auto& arguments : wrong)
    EXPECT_EQ(hivectl(node.url(), arguments).status, 64) << testing::PrintToString(arguments);
  EXPECT_TRUE(node.requests().empty());
}

TEST(gpu, teaches_in_its_help) {
  for (const auto& words : {std::vector<std::string>{"gpu", "--help"}, {"gpu", "run", "--help"}})
    EXPECT_THAT(hivectl("http://127.0.0.1:1", words).out, HasSubstr("hivectl gpu run --vram 4"));
}

} // namespace
} // namespace hive::test
