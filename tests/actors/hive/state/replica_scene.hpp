#pragma once

#include "tests/actors/hive/hive_test.hpp"

namespace hive {

inline constexpr uint64_t bad = 13;

/// A victim and a bystander, which both know the poisoner.
struct scene {
  scene() {
    pull(victim_, poisoner_);
    pull(bystander_, poisoner_);
  }

  /// The next slot of the poisoner, validly signed.
  slot_ptr bad_slot(slot_name name, std::string payload, uint64_t epoch = 1) {
    return signed_slot(keys_of(bad), std::move(name), {epoch, ++version_}, std::move(payload));
  }

  join_outcome send(std::vector<slot_ptr> slots, int64_t now = test_now) {
    return victim_.join(*forged_delta{keys_of(bad).public_part(), {}, std::move(slots), nullptr}.make(), now);
  }

  /// Joins a bad slot and returns the only refusal.
  slot_refusal refusal_of(slot_ptr what, int64_t now = test_now) {
    auto got = send({std::move(what)}, now);
    EXPECT_THAT(got.accepted, testing::IsEmpty());
    EXPECT_THAT(got.refused, testing::SizeIs(1));
    return got.refused.empty() ? slot_refusal{} : got.refused[0];
  }

  void expect_refused(slot_ptr what, slot_refusal_reason why, culprit at_fault, const char* text,
                      int64_t now = test_now) {
    auto root = victim_.root();
    auto got = refusal_of(std::move(what), now);
    EXPECT_EQ(to_string(got.why), to_string(why)) << got.text;
    EXPECT_EQ(got.at_fault, at_fault) << got.text;
    EXPECT_THAT(got.text, testing::HasSubstr(text));
    EXPECT_EQ(got.origin, id_of(keys_of(bad)));
    EXPECT_EQ(victim_.root(), root) << "a refused slot leaves no trace in what is shared";
  }

  static std::string tool_payload(std::function<void(wire::SharedTool::Builder)> change,
                                  const char* task_type = "bug_fix") {
    return to_packed(msg<wire::SharedTools>::build([&](wire::SharedTools::Builder out) {
      auto task = out.initTasks(1)[0];
      task.setTaskType(task_type);
      auto tool = task.initTools(1)[0];
      tool.setToolName("aider");
      tool.setSampleCount(10);
      auto sums = tool.initSums();
      sums.setSuccesses(9);
      sums.setTimeUs(10'000'000);
      sums.setTimeUs2Low(10'000'000'000'000);
      change(tool);
    }));
  }

  void expect_impossible(std::function<void(wire::SharedTool::Builder)> change, const char* text) {
    SCOPED_TRACE(text);
    scene fresh;
    fresh.expect_refused(fresh.bad_slot(tools(), tool_payload(std::move(change))), slot_refusal_reason::content,
                         culprit::origin, text);
  }

  static slot_name tools() {
    return {tool_stats_kind, tool_bucket_of("bug_fix")};
  }

  replica poisoner_ = make_replica(bad), victim_ = make_replica(1), bystander_ = make_replica(2);
  uint64_t version_ = 100;
};

} // namespace hive
