#pragma once

#include "actors/interfaces.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <map>

namespace hive {

/// Knows the nodes of the hive from their links.
class roster_state {
public:
  static inline const char* name = "roster";

  void set_self(const msg<wire::Hello>& self);
  void add(const link_up& up);
  void lose(const link_down& down, int64_t now_unix_micros);
  msg<wire::NodeList> list(int64_t now_unix_micros) const;

private:
  struct entry {
    msg<wire::Hello> hello;
    bool linked = true;
    bool self = false;
    int64_t last_seen_unix_micros = 0; ///< of a node that is not linked
    std::string reason;
  };

  void make_room();

  std::map<node_id, entry> nodes_;
};

/// Spawn with `sys.spawn(roster, self)`; `self` is how this node introduces itself until its door says it better.
roster_actor::behavior_type roster(roster_actor::stateful_pointer<roster_state> self, const msg<wire::Hello>& own);

} // namespace hive
