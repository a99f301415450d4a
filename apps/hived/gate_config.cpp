#include "apps/hived/gate_config.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace hive {
namespace {

constexpr std::array policies{"all", "majority", "weighted"};      // in the order of wire::GatePolicy
constexpr std::array judges{"threshold", "strict", "statistical"}; // in the order of wire::Policy
constexpr std::array member_tiers{"flat", "regional", "central"};  // in the order of wire::NodeTier
constexpr uint64_t most_weight = 1'000'000;

template <class Enum, size_t N>
void read_name(toml_section& in, std::string_view key, const std::array<const char*, N>& names, Enum& out) {
  std::string text = names[static_cast<size_t>(out)];
  in.read(key, text);
  auto found = std::ranges::find(names, text);
  if (found == names.end()) {
    std::string allowed;
    for (size_t i = 0; i < N; ++i)
      allowed += (i == 0 ? "" : i + 1 == N ? " or " : ", ") + std::string{names[i]};
    in.refuse(key, "must be " + allowed);
  }
  out = static_cast<Enum>(found - names.begin());
}

gate_member& member_named(toml_section& in, const std::string& key, std::vector<gate_member>& members) {
  auto found = std::ranges::find(members, node_id{key}, &gate_member::node);
  if (found == members.end())
    in.refuse(key, "is no node of [upgrade] members");
  return *found;
}

void read_members(toml_section& in, gate_config& out) {
  std::vector<std::string> nodes;
  in.read("members", nodes);
  for (auto& node : nodes)
    out.members.push_back({node_id{std::move(node)}, 1, {}});
  in.section("weights", [&](toml_section& s) {
    for (const auto& key : s.keys()) {
      uint64_t weight = 1;
      s.read(key, weight, 1, most_weight);
      member_named(s, key, out.members).weight = static_cast<uint32_t>(weight);
    }
  });
  in.section("tiers", [&](toml_section& s) {
    for (const auto& key : s.keys()) {
      wire::NodeTier tier{};
      read_name(s, key, member_tiers, tier);
      member_named(s, key, out.members).tier = tier;
    }
  });
}

} // namespace

void read_gate(toml_section& in, gate_config& out) {
  in.read("tracks", out.tracks);
  read_members(in, out);
  uint64_t slack = out.slack;
  in.read("slack", slack, 0, 1);
  out.slack = static_cast<uint8_t>(slack);
  read_name(in, "policy", policies, out.proposals.policy);
  read_name(in, "judge", judges, out.proposals.judge);
  uint64_t heavy_votes = out.proposals.heavy_votes;
  in.read("heavy_votes", heavy_votes, 0, gate::max_members);
  out.proposals.heavy_votes = static_cast<uint8_t>(heavy_votes);
  cluster_gate_options check;
  check.tracks = out.tracks;
  check.members = out.members;
  check.slack = out.slack;
  in.check(check.validate());
}

} // namespace hive
