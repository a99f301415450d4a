#include "actors/http/gpu_routes.hpp"

#include "messages/change.hpp"
#include "messages/gpu.capnp.h"
#include "messages/ids.hpp"
#include "messages/text.hpp"
#include "platform/hex.hpp"

#include <sodium/randombytes.h>

namespace hive::http {
namespace {

/// Longest wait for a grant, which the scheduler bounds to 30 s, and for the disk.
constexpr std::chrono::seconds grant_time{40};

/// Holder of leases that somebody without a name asks for, as of the engines.
constexpr std::string_view nameless_holder = "operator";

const std::string gpus = "/api/v1/gpus", leases = gpus + "/leases", one_lease = leases + "/{id}";

// -- secrets ------------------------------------------------------------------------------------------------------

bool has_secrets(wire::Lease::Reader lease) {
  return lease.hasToken() || lease.hasKey();
}

void remove_secrets(wire::Lease::Builder lease) {
  lease.disownToken();
  lease.disownKey();
}

/// The lease as it is shown to somebody who knows `secret`.
msg<wire::Lease> for_reader(const msg<wire::Lease>& lease, std::string_view secret) {
  bool knows_it = !secret.empty() && (secret == as_view(lease->getToken()) || secret == as_view(lease->getKey()));
  return knows_it || !has_secrets(*lease) ? lease : changed(lease, remove_secrets);
}

/// A list of leases, or an explanation, as everybody may read it. The scheduler keeps the secrets out of them; this is
/// the last place to make sure.
template <class List>
msg<List> for_everybody(const msg<List>& list) {
  for (auto lease : list->getLeases())
    if (has_secrets(lease))
      return changed(list, [](typename List::Builder out) {
        for (auto each : out.getLeases())
          remove_secrets(each);
      });
  return list;
}

msg<wire::LeaseExplanation> for_everybody(const msg<wire::LeaseExplanation>& why) {
  if (!has_secrets(why->getLease()))
    return why;
  return changed(why, [](wire::LeaseExplanation::Builder out) { remove_secrets(out.getLease()); });
}

// -- requests -----------------------------------------------------------------------------------------------------

/// Who will hold the lease. ec::forbidden when the token is somebody else's.
caf::expected<std::string> holder_of(const std::string& token, std::string_view given) {
  if (token.empty())
    return std::string{given.empty() ? nameless_holder : given};
  if (!is_valid_id(token))
    return fail(ec::invalid, "the token's name " + token + " cannot hold a lease: it " + std::string{id_rule});
  if (!given.empty() && given != token)
    return fail(ec::forbidden, "the token is of " + token + ", who cannot take a lease for " + std::string{given});
  return token;
}

/// A secret for a request without a key: without one, nobody could ask for what waits.
std::string make_key() {
  std::array<unsigned char, 16> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  return to_hex(bytes);
}

response answer_to_request(const msg<wire::Lease>& lease) {
  if (lease->getState() == wire::LeaseState::ENDED) {
    auto code = lease->getOutcome() == wire::LeaseOutcome::INFEASIBLE ? ec::unsupported : ec::conflict;
    std::string reason{as_view(lease->getReason())};
    return problem(
      409, code, std::string{"lease "} + lease->getId().cStr() + " has ended" + (reason.empty() ? "" : ": " + reason));
  }
  int status = lease->getState() == wire::LeaseState::QUEUED ? 202 : 201;
  return detail::to_response({status, one_lease}, lease);
}

/// The request is well-formed, but what it asks for conflicts with the devices that there are.
response refusal_of_request(const caf::error& error) {
  return code_of(error) == ec::unsupported ? problem(409, ec::unsupported, text_of(error)) : problem(error);
}

action take_lease(const gpu_scheduler_actor& scheduler, const msg<wire::RequestLease>& asked) {
  return [scheduler, asked](gateway_requests& gateway, const exchange_ptr& to) {
    auto holder = holder_of(to->request().token, as_view(asked->getHolder()));
    if (!holder)
      return to->answer(problem(holder.error()));
    // The node kills this process when the lease is not given back.
    if (asked->getPid() != 0 && to->request().may_not_operate)
      return to->answer(problem(to->request().may_not_operate));
    auto request = changed(asked, [&](wire::RequestLease::Builder out) {
      out.setHolder(*holder);
      if (out.getKey().size() == 0)
        out.setKey(make_key());
    });
    auto take = [scheduler, request](gateway_requests& gateway, const exchange_ptr& to) {
      gateway.request(scheduler, grant_time, request)
        .then([to](const msg<wire::Lease>& lease) { to->answer(answer_to_request(lease)); },
              [to](const caf::error& error) { to->answer(refusal_of_request(error)); });
    };
    if (asked->getPid() != 0)
      to->operate(std::move(take));
    else
      take(gateway, to);
  };
}

/// Sends `question`, and answers with what `shown` makes of the answer.
template <class Answer, class Request, class Show>
action ask_and_show(const gpu_scheduler_actor& scheduler, const msg<Request>& question, Show shown) {
  return [scheduler, question, shown](gateway_requests& gateway, const exchange_ptr& to) {
    gateway.request(scheduler, defaults::request_timeout, question)
      .then([to, shown](const msg<Answer>& answer) { detail::answer_with(to, {}, shown(answer)); },
            [to](const caf::error& error) { to->answer(problem(error)); });
  };
}

/// Asks about one lease with its token.
template <class Request>
action ask_with_secret(const gpu_scheduler_actor& scheduler, const msg<Request>& question) {
  std::string secret{as_view(question->getToken())};
  return ask_and_show<wire::Lease>(scheduler, question,
                                   [secret](const msg<wire::Lease>& lease) { return for_reader(lease, secret); });
}

/// A question whose answer everybody may read.
template <class Request, class Answer>
route ask_openly(std::string path, const gpu_scheduler_actor& scheduler, std::string summary) {
  return route::choose<Request>(
    method::get, std::move(path), std::move(summary), {answers<Answer>(200)},
    [scheduler](const msg<Request>& question) {
      return ask_and_show<Answer>(scheduler, question, [](const msg<Answer>& answer) { return for_everybody(answer); });
    });
}

/// Unless `is_own`, an act of an operator, for which its sender needs that role.
action unless_foreign(bool is_own, action next) {
  return [is_own, next = std::move(next)](gateway_requests& gateway, const exchange_ptr& to) {
    if (is_own)
      return next(gateway, to);
    if (to->request().may_not_operate)
      return to->answer(problem(to->request().may_not_operate));
    to->operate(next);
  };
}

} // namespace

std::vector<route> gpu_routes(const gpu_scheduler_actor& scheduler) {
  using namespace wire;
  using enum method;
  return {
    route::ask<GpuQuery, GpuList>(get, gpus, scheduler, "The GPUs, with what is free, leased and used"),
    route::ask<ClearQuarantine, GpuInfo>(post, gpus + "/{uuid}/clear", scheduler, "End a GPU's quarantine")
      .for_role(role::operate),
    ask_openly<LeaseListQuery, LeaseList>(leases, scheduler, "The leases, then the requests that wait")
      .with_large_answers(),
    route::choose<RequestLease>(
      post, leases, "Take a lease: 201 when it is active, 202 while it waits, 409 when no GPU can ever satisfy it",
      {answers<Lease>(201, true), answers<Lease>(202, true)},
      [scheduler](const msg<RequestLease>& asked) { return take_lease(scheduler, asked); })
      .with_acts()
      .with_long_wait(),
    route::choose<LeaseQuery>(get, one_lease, "A lease, or a request that waits", {answers<Lease>(200)},
                              [scheduler](const msg<LeaseQuery>& query) { return ask_with_secret(scheduler, query); }),
    ask_openly<ExplainLease, LeaseExplanation>(one_lease + "/why", scheduler, "What a request waits for"),
    route::choose<RenewLease>(post, one_lease + "/renew", "Extend a lease", {answers<Lease>(200)},
                              [scheduler](const msg<RenewLease>& renewal) {
                                return unless_foreign(renewal->getPid() == 0,
                                                      ask_with_secret(scheduler, renewal)); // as of a request
                              })
      .with_acts(),
    route::choose<ReleaseLease>(
      delete_, one_lease, "Give a lease back, withdraw a request, or, without its token, revoke it as an operator",
      {answers<Lease>(200)},
      [scheduler](const msg<ReleaseLease>& release) {
        return unless_foreign(release->getToken().size() > 0, ask_with_secret(scheduler, release));
      })
      .for_role(role::record)
      .with_acts(),
    ask_openly<LeaseHistoryQuery, LeaseHistory>(gpus + "/history", scheduler, "Leases that have ended, newest first")
      .with_large_answers(),
  };
}

} // namespace hive::http
