#pragma once

#include "messages/msg.hpp"
#include "messages/tracker.capnp.h"

#include <array>
#include <string>

namespace hive {

/// Records as a hive of agents would send them: 10 task types, 8 tools, 3 models, 50 users.
inline void fill_record(wire::TaskRecord::Builder out, uint64_t number, bool keyed) {
  static constexpr std::array tools{"claude_code", "kilocode", "aider_native", "opencode",
                                    "claw_native", "ruff",     "pylint",       "pytest"};
  static constexpr std::array models{"gpt-4o", "llama-3-70b", "qwen2-7b"};
  auto mixed = number * 0x9e3779b97f4a7c15ULL >> 20;
  out.setTaskType("task_type_" + std::to_string(mixed % 10));
  out.setToolName(tools[mixed / 10 % tools.size()]);
  out.setModelName(models[mixed / 100 % models.size()]);
  out.setUserId("user-" + std::to_string(mixed / 300 % 50));
  out.setCompletionTimeS(static_cast<double>(mixed % 100'000) / 1'000);
  out.setSuccess(mixed % 4 != 0);
  // a key as long as a UUID
  if (keyed)
    out.setIdempotencyKey("5f0c7a52-9d1e-4b7f-8e21-" + std::to_string(100'000'000'000 + number));
}

inline msg<wire::RecordTasks> make_tasks(uint64_t first, uint32_t records, bool keyed) {
  return msg<wire::RecordTasks>::build([&](wire::RecordTasks::Builder out) {
    auto list = out.initTasks(records);
    for (uint32_t i = 0; i < records; ++i)
      fill_record(list[i], first + i, keyed);
  });
}

} // namespace hive
