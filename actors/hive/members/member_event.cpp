#include "actors/hive/members/member_event.hpp"

namespace hive {
namespace {

wire::MemberChange kind_of(const member_change& change) {
  switch (change.after) {
  case member_state::ACTIVE:
    return change.before ? wire::MemberChange::BACK : wire::MemberChange::JOINED;
  case member_state::SUSPECT:
    return wire::MemberChange::SUSPECTED;
  case member_state::STALE:
    return wire::MemberChange::STALE;
  case member_state::DEAD:
    return wire::MemberChange::DEAD;
  case member_state::QUARANTINED:
    return wire::MemberChange::QUARANTINED;
  }
  return wire::MemberChange::SUSPECTED; // a state added by a later version: the node exists and is not active
}

} // namespace

msg<wire::Event> to_event(const member_change& change, const std::string& name) {
  return msg<wire::Event>::build([&](wire::Event::Builder out) {
    out.setKind(wire::EventKind::MEMBERSHIP);
    auto member = out.initMembership();
    member.setNode(change.node.value);
    member.setName(name);
    member.setChange(kind_of(change));
    member.setReason(change.why);
  });
}

} // namespace hive
