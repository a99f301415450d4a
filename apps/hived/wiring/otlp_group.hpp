#pragma once

#include "apps/hived/wiring/baseline_group.hpp"
#include "apps/hived/wiring/tracker_group.hpp"

namespace hive {

/// What exporters of OpenTelemetry send goes to the agents and the tracker.
class otlp_group final : public service_group {
public:
  otlp_group(node_context&, const baseline_group& agents, const tracker_group& tracker)
      : agents_{agents}, tracker_{tracker} {
  }

  std::vector<service> services() override {
    return {};
  }
  std::vector<http::route> routes() const override;

private:
  const baseline_group& agents_;
  const tracker_group& tracker_;
};

} // namespace hive
