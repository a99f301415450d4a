#include "apps/hivectl/mcp/lease_tools.hpp"

#include "apps/hivectl/lease_options.hpp"
#include "messages/change.hpp"

namespace hive::ctl::mcp {
namespace {

using lease_answer = caf::expected<msg<wire::Lease>>;

caf::error lost(const std::string& reason) {
  return fail(ec::conflict, reason + ". Stop using its memory, and take another lease with lease_gpu");
}

tool lease_gpu(held_leases& leases) {
  tool_head head{.name = "lease_gpu",
                 .title = "Lease GPU memory",
                 .description = "Take a lease of memory of a GPU, or of whole GPUs, and wait while others come first. "
                                "Use the devices in the answer (CUDA_VISIBLE_DEVICES). This server renews the lease; "
                                "give it back with release_lease. It ends with this server, unless hand_over_lease "
                                "was called.",
                 .left_out = {"wait", "pid"}};
  return make_tool<wire::RequestLease, wire::Lease>(
    std::move(head), [&leases](const msg<wire::RequestLease>& asked, tool_call& call) -> lease_answer {
      // With a key of its own, what was granted while the call was cancelled can be found again and given back.
      auto request = changed(asked, [](wire::RequestLease::Builder out) {
        out.setWait(false);
        if (!out.hasKey())
          out.setKey(random_key());
      });
      auto lease = take_lease(call.s, request, call.stop);
      if (lease && call.stop.stop_requested())
        return release_lease(call.s.node, {.id = (*lease)->getId().cStr(), .token = (*lease)->getToken().cStr()});
      if (lease)
        leases.hold(*lease);
      return lease;
    });
}

tool renew_lease_tool(held_leases& leases) {
  tool_head head{.name = "renew_lease",
                 .title = "Renew a lease",
                 .description = "Extend a lease by its ttl and see its state. Not needed for a lease that this server "
                                "took: it renews that by itself.",
                 .left_out = {"pid"}};
  return make_tool<wire::RenewLease, wire::Lease>(
    std::move(head), [&leases](const msg<wire::RenewLease>& asked, tool_call& call) -> lease_answer {
      if (auto reason = leases.loss_of(asked->getId().cStr()); !reason.empty())
        return lost(reason);
      return renew_lease(
        call.s.node,
        {.id = asked->getId().cStr(), .token = asked->getToken().cStr(), .ready = asked->getReady(), .pid = 0},
        call.stop);
    });
}

tool release_lease_tool(held_leases& leases) {
  tool_head head{.name = "release_lease",
                 .title = "Give a lease back",
                 .description = "Give a lease back as soon as its memory is no longer used. The token is needed only "
                                "for a lease that this server did not take.",
                 .left_out = {"reason", "now"},
                 .is_idempotent = true};
  return make_tool<wire::ReleaseLease, wire::Lease>(
    std::move(head), [&leases](const msg<wire::ReleaseLease>& asked, tool_call& call) -> lease_answer {
      std::string id = asked->getId().cStr(), token = asked->getToken().cStr();
      if (auto reason = leases.loss_of(id); !reason.empty()) {
        leases.let_go(id);
        return lost(reason);
      }
      auto own = leases.token_of(id);
      if (token.empty() && !own) // it would be revoked, which is an operator's decision
        return fail(ec::invalid,
                    "wrong arguments: /token is needed for lease " + id + ", which this server does not hold");
      if (own && (token.empty() || token == *own))
        leases.let_go(id);
      auto released = release_lease(call.s.node, {.id = id, .token = token.empty() ? *own : token}, call.stop);
      if (!released && exit_status_of(released.error()) == exit_status::unreachable)
        return fail_as(exit_status::unreachable,
                       text_of(released.error()) + ". The lease is renewed no longer and ends by itself");
      return released;
    });
}

tool hand_over_lease(held_leases& leases) {
  tool_head head{.name = "hand_over_lease",
                 .title = "Hand a lease over",
                 .description = "Leave a lease that this server holds to another process, which must renew it with the "
                                "token in the answer before expires_at. It then outlives this server.",
                 .left_out = {"token"}};
  return make_tool<wire::LeaseQuery, wire::Lease>(
    std::move(head), [&leases](const msg<wire::LeaseQuery>& asked, tool_call& call) -> lease_answer {
      std::string id = asked->getId().cStr();
      if (auto reason = leases.loss_of(id); !reason.empty())
        return lost(reason);
      auto token = leases.token_of(id);
      if (!token)
        return fail(ec::not_found, "this server does not hold lease " + id);
      auto renewed = renew_lease(call.s.node, {.id = id, .token = *token}, call.stop);
      if (!renewed)
        return renewed;
      leases.let_go(id);
      return changed(*renewed, [&](wire::Lease::Builder out) { out.setToken(*token); });
    });
}

} // namespace

std::vector<tool> lease_tools(held_leases& leases) {
  std::vector<tool> out;
  out.push_back(lease_gpu(leases));
  out.push_back(renew_lease_tool(leases));
  out.push_back(release_lease_tool(leases));
  out.push_back(hand_over_lease(leases));
  return out;
}

} // namespace hive::ctl::mcp
