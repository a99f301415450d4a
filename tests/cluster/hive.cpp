#include "tests/cluster/hive.hpp"

#include "messages/door.capnp.h"
#include "messages/gossip.capnp.h"
#include "messages/text.hpp"
#include "messages/tracker.capnp.h"

#include <algorithm>

namespace hive::cluster {

test_hive::test_hive(std::filesystem::path directory, size_t nodes, std::string config,
                     std::function<void(size_t, hived_options&)> adjust)
    : directory_{std::move(directory)}, config_{std::move(config)}, adjust_{std::move(adjust)},
      doors_(nodes, "127.0.0.1:0") {
  for (size_t i = 0; i < nodes; ++i) {
    nodes_.push_back(std::make_unique<hived_process>(options(i)));
    nodes_[i]->await_ready();
    doors_[i] = nodes_[i]->door();
  }
}

test_hive::test_hive(std::vector<hived_options> nodes) : given_{std::move(nodes)} {
  for (const auto& each : given_) {
    nodes_.push_back(std::make_unique<hived_process>(each));
    nodes_.back()->await_ready();
  }
}

hived_options test_hive::options(size_t i) const {
  if (!given_.empty())
    return given_[i];
  hived_options out;
  auto name = "node" + std::to_string(i);
  out.directory = directory_ / name;
  std::filesystem::create_directories(out.directory);
  out.config = config_;
  out.arguments = {"--name", name, "--door", doors_[i]};
  for (size_t other = 0; other < nodes_.size(); ++other)
    if (other != i)
      out.arguments.insert(out.arguments.end(), {"--join", doors_[other]});
  if (adjust_)
    adjust_(i, out);
  return out;
}

void test_hive::kill(size_t i) {
  nodes_[i]->kill();
}

void test_hive::restart(size_t i) {
  nodes_[i] = std::make_unique<hived_process>(options(i));
  nodes_[i]->await_ready();
}

namespace {

bool holds(const std::vector<size_t>& all, size_t i) {
  return std::ranges::find(all, i) != all.end();
}

std::string state_in(const hived_process& at, const std::string& id) {
  static constexpr const char* names[] = {"active", "suspect", "stale", "dead", "quarantined"};
  auto list = at.get("/api/v1/hive/nodes").as<wire::NodeList>();
  for (auto node : list->getNodes())
    if (as_view(node.getId()) == id)
      return names[static_cast<size_t>(node.getState())];
  return {};
}

} // namespace

bool test_hive::all_see(size_t i, const std::string& state, std::vector<size_t> absent) const {
  for (size_t other = 0; other < nodes_.size(); ++other)
    if (other != i && !holds(absent, other) && state_in(*nodes_[other], nodes_[i]->node()) != state)
      return false;
  return true;
}

bool test_hive::is_seen(size_t by, size_t i, const std::string& state) const {
  return state_in(*nodes_[by], nodes_[i]->node()) == state;
}

bool test_hive::is_converged(std::vector<size_t> absent) const {
  std::string root;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (holds(absent, i))
      continue;
    auto status = nodes_[i]->get("/api/v1/hive/status").as<wire::HiveStatus>();
    std::string held{as_view(status->getRoot())};
    if (root.empty())
      root = held;
    if (held != root || status->getKnown() < nodes_.size() - absent.size())
      return false;
  }
  return true;
}

void record(const hived_process& node, const std::string& task_type, const std::string& tool, int successes,
            int failures) {
  std::string body = "[";
  for (int i = 0; i < successes + failures; ++i)
    body += std::string{i > 0 ? "," : ""} + R"({"task_type":")" + task_type + R"(","tool_name":")" + tool +
            R"(","completion_time_s":1,"success":)" + (i < successes ? "true" : "false") + "}";
  auto answer = node.post("/api/v1/tasks", body + "]");
  if (answer.status != 201)
    throw std::runtime_error(answer.body);
}

routed route(const hived_process& node, const std::string& task_type) {
  static constexpr const char* reasons[] = {"override", "local", "hive", "heuristic", "available"};
  auto answer = node.get("/api/v1/tools/route?task_type=" + task_type);
  if (answer.status != 200)
    return {};
  auto found = answer.as<wire::Route>();
  return {found->getToolName().cStr(), reasons[static_cast<size_t>(found->getReason())], found->getSampleCount()};
}

uint64_t hive_samples(const hived_process& node, const std::string& task_type) {
  auto answer = node.get("/api/v1/tools/best?scope=hive&task_type=" + task_type);
  return answer.status == 200 ? answer.as<wire::BestTool>()->getSampleCount() : 0;
}

} // namespace hive::cluster
