#include "actors/tracker/tool_slots.hpp"

#include "actors/defaults.hpp"
#include "actors/tracker/stored_statistics.hpp"
#include "messages/hive.capnp.h"
#include "messages/packed.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <sodium.h>
#include <tuple>

namespace hive {
namespace {

using analysis::learned_tool;

/// Upper bound on a tool's packed size: its figures and pointers, plus twice its names, because packing may lengthen
/// text by one byte in eight and the task type may be repeated for each tool.
size_t most_bytes(const learned_tool& learned) {
  constexpr size_t figures = 120;
  return figures + learned.task_type.size() + learned.tool.size() +
         (learned.task_type.size() + learned.tool.size()) / 4;
}

/// Keeps as many tools as fit, preferring those with the most records; then sorts them by task type and tool.
void keep_what_fits(std::vector<learned_tool>& learned) {
  std::ranges::sort(learned, {}, [](const learned_tool& tool) {
    return std::tuple{~tool.sums.n, std::string_view{tool.task_type}, std::string_view{tool.tool}};
  });
  size_t bytes = 0, kept = 0;
  while (kept < learned.size() && bytes + most_bytes(learned[kept]) <= defaults::max_slot_payload_bytes)
    bytes += most_bytes(learned[kept++]);
  learned.resize(kept);
  std::ranges::sort(learned, {}, [](const learned_tool& tool) { return std::tie(tool.task_type, tool.tool); });
}

void write_task(std::span<const learned_tool> tools, wire::SharedTask::Builder out) {
  out.setTaskType(tools.front().task_type);
  auto list = out.initTools(static_cast<uint32_t>(tools.size()));
  for (uint32_t i = 0; i < list.size(); ++i) {
    list[i].setToolName(tools[i].tool);
    list[i].setSampleCount(tools[i].sums.n);
    write_sums(tools[i].sums, list[i].initSums());
  }
}

/// `learned` is sorted by task type.
msg<wire::SharedTools> to_message(std::span<const learned_tool> learned) {
  std::vector<std::span<const learned_tool>> tasks;
  for (size_t begin = 0, end = 0; begin < learned.size(); begin = end) {
    for (end = begin + 1; end < learned.size() && learned[end].task_type == learned[begin].task_type;)
      ++end;
    tasks.push_back(learned.subspan(begin, end - begin));
  }
  return msg<wire::SharedTools>::build([&](wire::SharedTools::Builder out) {
    auto list = out.initTasks(static_cast<uint32_t>(tasks.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      write_task(tasks[i], list[i]);
  });
}

} // namespace

slot_rules tool_stats_rules() {
  auto decode = [](std::string_view key, std::string_view payload) -> caf::expected<slot_content> {
    auto learned = from_tool_slot(key, payload);
    if (!learned)
      return learned.error();
    return make_content(std::move(*learned));
  };
  slot_rules out{tool_stats_kind, "tool statistics", decode};
  out.count_records = [](const slot_content& content) {
    uint64_t records = 0;
    if (const auto* learned = content_as<std::vector<learned_tool>>(content))
      for (const auto& tool : *learned)
        records += tool.sums.n;
    return records;
  };
  return out;
}

std::string tool_bucket_of(std::string_view task_type) {
  std::array<unsigned char, crypto_generichash_BYTES_MIN> hash;
  crypto_generichash(hash.data(), hash.size(), bytes_of(task_type), task_type.size(), nullptr, 0);
  auto bucket = hash.front() % tool_buckets;
  return {static_cast<char>('0' + bucket / 10), static_cast<char>('0' + bucket % 10)};
}

std::string to_tool_slot(std::vector<learned_tool> learned) {
  keep_what_fits(learned);
  return to_packed(to_message(learned));
}

caf::expected<std::vector<learned_tool>> from_tool_slot(std::string_view key, std::string_view payload) {
  auto said = from_packed<wire::SharedTools>(payload);
  if (!said)
    return said.error();
  std::vector<learned_tool> out;
  std::set<std::pair<std::string, std::string>> seen;
  for (auto task : (*said)->getTasks()) {
    std::string task_type{as_view(task.getTaskType())};
    if (tool_bucket_of(task_type) != key)
      return fail(ec::invalid, "task type " + task_type + " does not belong into slot " + std::string{key});
    for (auto tool : task.getTools()) {
      learned_tool learned{task_type, std::string{as_view(tool.getToolName())}, {}};
      if (auto broken = read_sums(tool.getSampleCount(), tool.getSums(), learned.sums))
        return fail(ec::invalid, task_type + "/" + learned.tool + ": " + broken->text);
      if (!seen.emplace(task_type, learned.tool).second)
        return fail(ec::invalid, task_type + "/" + learned.tool + " is given twice");
      out.push_back(std::move(learned));
    }
  }
  return out;
}

} // namespace hive
