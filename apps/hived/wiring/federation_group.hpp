#pragma once

#include "actors/hive/core/hive_core.hpp"
#include "actors/hive/federation/api.hpp"
#include "apps/hived/wiring/base_group.hpp"
#include "apps/hived/wiring/tracker_group.hpp"

namespace hive {

/// Whom a node with these credentials trusts.
trust_renewed trust_in(const credentials& shown);

/// The federation, with the topics of earlier groups.
class federation_group final : public service_group {
public:
  federation_group(node_context& node, base_group& base, const tracker_group& tracker, group_list before)
      : node_{node}, base_{base}, tracker_{tracker}, before_{std::move(before)} {
  }

  std::vector<service> services() override;
  std::vector<http::route> routes() const override;

  federation_actor federation;

private:
  caf::expected<federation_actor> start();
  hive_core_options describe_core() const;
  std::vector<slot_topic> all_topics() const;

  node_context& node_;
  base_group& base_;
  const tracker_group& tracker_;
  const group_list before_;
};

} // namespace hive
