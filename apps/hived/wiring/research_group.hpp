#pragma once

#include "actors/daemon/api.hpp"
#include "actors/tracker/api.hpp"
#include "apps/hived/wiring/base_group.hpp"
#include "apps/hived/wiring/baseline_group.hpp"
#include "apps/hived/wiring/tracker_group.hpp"

namespace hive {

/// AutoResearch and the coding daemon, which build on what the tracker learns.
class research_group final : public service_group {
public:
  research_group(node_context& node, const base_group& base, const tracker_group& tracker,
                 const baseline_group& baseline)
      : node_{node}, base_{base}, tracker_{tracker}, baseline_{baseline} {
  }

  std::vector<service> services() override;
  std::vector<http::route> routes() const override;

  research_actor research;
  coding_daemon_actor coding_daemon;

private:
  node_context& node_;
  const base_group& base_;
  const tracker_group& tracker_;
  const baseline_group& baseline_;
};

} // namespace hive
