#pragma once

#include "apps/command_tree/completion.hpp"

#include <string>
#include <vector>

namespace hive::ctl {

/// What the value of an option or argument names, for completion.
enum class value_kind {
  unknown,
  file,
  directory,
  // Names that a node knows:
  version,
  benchmark,
  node,
  task_type,
  tool,
  metric,
  agent,
  proposal,
  track,
  measurement,
  review,
  session,
  lease,
  name_space,
};

/// What the word at the cursor names; unknown when it is no value.
value_kind kind_of(const completion& at);

/// How to ask a node; see context.
struct node_place {
  std::string url;
  std::string token_file;
  std::string name_space;
  std::string tls; ///< directory of certificates; empty: none
};

/// The node that the words before the cursor, or else the environment, name.
node_place node_of(const completion& at, const CLI::App& root);

/// The names of this kind that the node knows, sorted. None when it does not answer within 300 ms, or for the other
/// kinds. Names with characters that a shell gives a meaning to are left out: they come from other machines, and a
/// shell puts them into the command line as they are.
std::vector<std::string> names_of_node(value_kind kind, const node_place& node);

} // namespace hive::ctl
