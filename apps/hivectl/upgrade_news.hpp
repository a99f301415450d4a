#pragma once

#include "apps/hivectl/cluster_upgrade_view.hpp"

#include <map>
#include <string>
#include <vector>

namespace hive::ctl {

/// Tells what changed in a proposal since it was looked at last, in lines for people. Each thing is told once, however
/// often it is looked at.
class upgrade_news {
public:
  /// What is new in `upgrade`, in the order in which it should be read.
  std::vector<std::string> since_last(wire::ClusterUpgrade::Reader upgrade);

private:
  using lines = std::vector<std::string>;

  void tell_state(wire::ClusterUpgrade::Reader upgrade, const member_names& names, lines& out);
  void tell_votes(wire::ClusterUpgrade::Reader upgrade, const member_names& names, lines& out);
  void tell_awaited(wire::ClusterUpgrade::Reader upgrade, const member_names& names, lines& out);
  void tell_stage(wire::ClusterUpgrade::Reader upgrade, const member_names& names, lines& out);
  void tell_runs(wire::ClusterUpgrade::Reader upgrade, const member_names& names, lines& out);
  void tell_warnings(wire::ClusterUpgrade::Reader upgrade, lines& out);

  /// Whether `text` is another one than was told under this name.
  bool is_new(const std::string& name, const std::string& text);

  std::map<std::string, std::string> told_; ///< what was told last, by its name
};

} // namespace hive::ctl
