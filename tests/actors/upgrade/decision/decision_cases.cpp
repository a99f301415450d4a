#include "tests/actors/upgrade/decision/decision_cases.hpp"

#include "actors/upgrade/verdict/verdict_document.hpp"
#include "messages/json.hpp"

#include <stdexcept>

namespace hive::test {
namespace {

using verdict = wire::Verdict;
using decision = wire::UpgradeDecision;

decision_case pending() {
  decided_hive hive{3, 3};
  return {"pending", hive.parts_of(hive.propose(0)), decision::PENDING, "none"};
}

decision_case complete() {
  decided_hive hive{3, 3};
  auto what = hive.propose(0, {.shares = {300, 600}});
  hive.vote_all(what, verdict::SAFE);
  for (uint8_t stage : {1, 2}) {
    hive.end_hooks();
    hive.vote_all(what, verdict::SAFE, stage);
  }
  return {"complete", hive.parts_of(what), decision::APPROVED, "complete"};
}

decision_case canary() {
  decided_hive hive{5, 5};
  auto what = hive.propose(0, {.policy = wire::GatePolicy::MAJORITY});
  hive.vote_all(what, verdict::SAFE);
  return {"canary", hive.parts_of(what), decision::APPROVED, "canary 2/5"};
}

decision_case rejected() {
  decided_hive hive{3, 3};
  auto what = hive.propose(0);
  auto regressed = judged(150);
  hive.vote(1, what, verdict::REGRESSED, 0, regressed.sha256);
  auto parts = hive.parts_of(what);
  parts.judgements.push_back({hive.id(1), 0, regressed.document});
  return {"rejected", std::move(parts), decision::REJECTED, "none"};
}

/// The member's verdict document is not in it.
decision_case judged_elsewhere() {
  auto out = rejected();
  out.name = "judged_elsewhere";
  out.parts.judgements.clear();
  return out;
}

decision_case aborted() {
  decided_hive hive{3, 3};
  auto what = hive.propose(0);
  hive.vote(1, what, verdict::SAFE);
  hive.stop(2, what);
  return {"aborted", hive.parts_of(what), decision::ABORTED, "none"};
}

decision_case rolled_back() {
  decided_hive hive{3, 3};
  auto what = hive.propose(0);
  hive.vote_all(what, verdict::SAFE);
  hive.end_hooks();
  hive.stop(0, what);
  hive.end_hooks();
  return {"rolled_back", hive.parts_of(what), decision::APPROVED, "rolled back"};
}

decision_case rolling_back() {
  decided_hive hive{3, 3};
  auto what = hive.propose(0);
  hive.vote_all(what, verdict::SAFE);
  hive.end_hooks();
  hive.vote_all(what, verdict::REGRESSED, 1);
  return {"rolling_back", hive.parts_of(what), decision::APPROVED, "rolling back"};
}

decision_case after_changed_members() {
  decided_hive hive{4, 3};
  hive.change_members(0, {0, 1, 2, 3});
  hive.stop(0, hive.propose(1));
  hive.change_members(1, {0, 2, 3});
  auto what = hive.propose(2, {.nonce = "2"});
  hive.vote_all(what, verdict::SAFE);
  return {"after_changed_members", hive.parts_of(what), decision::APPROVED, "canary 2/3"};
}

decision_case after_another_proposal() {
  decided_hive hive{3, 3};
  hive.stop(0, hive.propose(1));
  auto what = hive.propose(2, {.nonce = "2"});
  hive.stop(1, what);
  return {"after_another_proposal", hive.parts_of(what), decision::ABORTED, "none"};
}

decision_case with_slack() {
  decided_hive hive{4, 4, 1};
  auto what = hive.propose(0);
  hive.vote_all(what, verdict::SAFE);
  return {"with_slack", hive.parts_of(what), decision::APPROVED, "canary 2/4"};
}

template <class T>
msg<T> from(const std::string& json) {
  json_error why;
  auto read = from_json<T>(json, why);
  if (!read)
    throw std::runtime_error{why.message() + " in " + json};
  return *read;
}

msg<wire::Snapshot> snapshot(const std::string& version, int capture, double latency) {
  return from<wire::Snapshot>(R"({"version":")" + version +
                              R"(","captured_at":"2026-01-02T03:04:05.000006Z","capture_id":)" +
                              std::to_string(capture) + R"(,"metrics":{"latency":{"adapter":"a","value":)" +
                              std::to_string(latency) + R"(,"direction":"lower"}},"adapters":{"a":{"status":"ok"}}})");
}

} // namespace

judged_case judged(double latency) {
  judged_case out{{}, {}, snapshot("v1", 1, 100), snapshot("v2", 2, latency)};
  auto query = from<wire::UpgradeQuery>(R"({"old":"v1","new":"v2","policy":"strict"})");
  auto made = make_document(*query, {{out.before}, {out.after}});
  if (!made)
    throw std::runtime_error{text_of(made.error())};
  out.document = *made;
  out.sha256 = hash_of(out.document);
  return out;
}

std::vector<decision_case> decision_cases() {
  return {pending(),
          complete(),
          canary(),
          rejected(),
          judged_elsewhere(),
          aborted(),
          rolled_back(),
          rolling_back(),
          with_slack(),
          after_changed_members(),
          after_another_proposal()};
}

decision_case decision_case_named(const std::string& name) {
  for (auto& each : decision_cases())
    if (each.name == name)
      return each;
  throw std::runtime_error{"no case " + name};
}

} // namespace hive::test
