#include "apps/hivectl/hartos_baselines.hpp"

#include "apps/hivectl/exit_status.hpp"
#include "apps/hivectl/files.hpp"
#include "platform/http_client.hpp"
#include "storage/hartos/hartos_baseline.hpp"

namespace hive::ctl {
namespace {

std::string baselines_path(std::string_view prompt, std::string_view flow) {
  return "/agents/" + http::url_encode(std::string{prompt}) + "/" + http::url_encode(std::string{flow}) + "/baselines";
}

/// Calls `visit` for the numbers of an agent's baselines, in order; for none when the node does not know the agent.
caf::error visit_numbers(const client& node, const std::string& path,
                         const std::function<caf::error(uint32_t)>& visit) {
  std::string after;
  do {
    auto page = node.ask<wire::BaselineList>({.path = path + "?limit=1000" + after});
    if (!page && code_of(page.error()) == ec::not_found)
      return caf::none;
    if (!page)
      return page.error();
    for (auto line : (*page)->getBaselines())
      if (auto error = visit(line.getVersion()))
        return error;
    auto next = (*page)->getNext();
    auto position = next == 0 ? std::string{} : "&after=" + std::to_string(next);
    if (next != 0 && position == after)
      return fail_as(exit_status::unreachable, "the node's list of baselines does not end");
    after = std::move(position);
  } while (!after.empty());
  return caf::none;
}

} // namespace

hartos_baseline_import::hartos_baseline_import(const client& node, const hartos_agent& agent, bool append,
                                               hartos_report& report, progress& running)
    : node_{node}, agent_{agent}, append_{append}, report_{report}, running_{running} {
}

caf::error hartos_baseline_import::run() {
  auto files = agent_.baselines();
  if (!files)
    return files.error();
  if (files->empty())
    return caf::none;
  if (agent_.prompt.empty() || agent_.flow.empty())
    return report_.leave_out(agent_.folder.string(), "the folder's name is no agent's: PROMPT_FLOW"), caf::none;
  running_.now("Importing " + agent_.folder.filename().string());
  std::set<uint32_t> known;
  auto failed = visit_numbers(node_, baselines_path(agent_.prompt, agent_.flow), [&](uint32_t number) {
    known.insert(number);
    return caf::error{};
  });
  if (failed && exit_status_of(failed) == exit_status::unreachable)
    return failed;
  if (failed) // such as a name that no agent of Hivemark can have
    return report_.leave_out(agent_.folder.string(), text_of(failed)), caf::none;
  for (const auto& [number, file] : *files)
    if (auto error = send(number, file, known))
      return error;
  return caf::none;
}

caf::error hartos_baseline_import::send(uint32_t number, const std::filesystem::path& file,
                                        const std::set<uint32_t>& known) {
  auto text = read_file(file.string(), defaults::max_body_bytes);
  if (!text)
    return report_.leave_out(file.string(), text_of(text.error())), caf::none;
  auto read = read_hartos_baseline(*text);
  if (!read)
    return report_.leave_out(file.string(), text_of(read.error())), caf::none;
  auto path = baselines_path(agent_.prompt, agent_.flow) + "/" + std::to_string(number);
  auto stored = node_.ask<wire::Baseline>(
    {.method = "PUT", .path = path + (append_ ? "?append=true" : ""), .body = std::move(read->document)});
  if (!stored && exit_status_of(stored.error()) == exit_status::unreachable)
    return stored.error();
  if (!stored)
    return report_.leave_out(file.string(), text_of(stored.error())), caf::none;
  auto version = (*stored)->getVersion();
  if (known.contains(version)) {
    ++report_.unchanged_baselines;
  } else {
    ++report_.baselines;
    report_.appended_baselines += version == number ? 0 : 1;
  }
  for (const auto& note : read->notes)
    report_.leave_out(file.string(), note);
  return caf::none;
}

caf::error visit_baselines(const client& node, const std::function<caf::error(wire::Baseline::Reader)>& visit) {
  std::string after;
  do {
    auto page = node.ask<wire::AgentList>({.path = "/agents?limit=1000" + after});
    if (!page)
      return page.error();
    for (auto agent : (*page)->getAgents()) {
      auto path = baselines_path(agent.getPromptId().cStr(), agent.getFlowId().cStr());
      auto failed = visit_numbers(node, path, [&](uint32_t number) -> caf::error {
        auto baseline = node.ask<wire::Baseline>({.path = path + "/" + std::to_string(number)});
        return baseline ? visit(**baseline) : baseline.error();
      });
      if (failed)
        return failed;
    }
    auto position = (*page)->hasNext() ? "&after=" + http::url_encode((*page)->getNext().cStr()) : std::string{};
    if (!position.empty() && position == after)
      return fail_as(exit_status::unreachable, "the node's list of agents does not end");
    after = std::move(position);
  } while (!after.empty());
  return caf::none;
}

} // namespace hive::ctl
