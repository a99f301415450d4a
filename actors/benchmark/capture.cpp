#include "actors/benchmark/capture.hpp"

#include "messages/check.hpp"
#include "messages/timestamp.hpp"
#include "platform/contention.hpp"

#include <caf/all.hpp>
#include <deque>

namespace hive {
namespace {

using clock = std::chrono::steady_clock;

/// What else was on when an adapter was asked.
struct surroundings {
  contention_sample sample;
  capture_tally::mark captures;
};

struct capture_state {
  static inline const char* name = "capture";

  capture_actor::pointer self = nullptr;
  std::vector<capture_member> members;
  std::vector<bool> settled;
  capture_result result;
  caf::typed_response_promise<capture_result> promise;
  msg<wire::MeasureRequest> request;
  std::deque<size_t> leased; ///< to be asked
  size_t waiting_for = 0;    ///< asked and not settled
  std::vector<clock::time_point> asked_at;
  std::vector<surroundings> asked_amid;
  std::shared_ptr<capture_tally> tally;
  std::shared_ptr<const void> counted;

  caf::result<capture_result> start(const msg<wire::MeasureRequest>& what) {
    request = what;
    promise = self->make_response_promise<capture_result>();
    settled.resize(members.size());
    asked_at.resize(members.size(), clock::now());
    asked_amid.resize(members.size());
    counted = tally->begin();
    result.outcomes.resize(members.size());
    for (size_t i = 0; i < members.size(); ++i) {
      result.outcomes[i].name = members[i].definition.name;
      result.outcomes[i].tier = members[i].definition.tier;
      result.outcomes[i].is_leased = members[i].definition.is_leased;
      if (!members[i].handle)
        settle(i, wire::AdapterStatus::SKIPPED, members[i].unavailable);
      else if (members[i].definition.is_leased)
        leased.push_back(i);
      else
        ask(i);
    }
    proceed();
    return promise;
  }

  /// Once nothing else measures, the adapters under a lease are asked one after the other. Answers when all are done.
  void proceed() {
    if (waiting_for == 0 && !leased.empty()) {
      ask(leased.front());
      leased.pop_front();
    }
    finish_if_all_settled();
  }

  void ask(size_t i) {
    ++waiting_for;
    asked_at[i] = clock::now();
    asked_amid[i] = {sample_contention(), tally->now()};
    self->monitor(members[i].handle);
    auto limit = members[i].definition.longest_answer();
    self->request(members[i].handle, limit + defaults::adapter_grace, request)
      .then([this, i](const msg<wire::Measurement>& measured) { on_answer(i, measured); },
            [this, i, limit](const caf::error& err) { on_error(i, err, limit); });
  }

  void on_answer(size_t i, const msg<wire::Measurement>& measured) {
    if (settled[i])
      return;
    auto skipped = std::string{measured->getSkipped().cStr()};
    if (!skipped.empty()) {
      settle(i, wire::AdapterStatus::SKIPPED, skipped);
    } else if (auto wrong = find_fault(*measured)) {
      settle(i, wire::AdapterStatus::ERROR, *wrong);
    } else {
      result.outcomes[i].measurement = measured;
      settle(i, wire::AdapterStatus::OK, measured->getNote().cStr());
    }
    proceed();
  }

  void on_error(size_t i, const caf::error& err, std::chrono::milliseconds limit) {
    if (settled[i])
      return;
    if (err == caf::sec::request_timeout) {
      result.hung.push_back(members[i].definition.name);
      settle(i, wire::AdapterStatus::ERROR, "did not answer within its " + std::to_string(limit.count()) + " ms");
    } else if (code_of(err) == ec::internal || err == caf::sec::request_receiver_down) {
      settle(i, wire::AdapterStatus::ERROR, "ended while measuring: " + text_of(err));
    } else {
      settle(i, wire::AdapterStatus::ERROR, text_of(err));
    }
    proceed();
  }

  /// An adapter that ends during a measurement never answers the request.
  void on_down(const caf::down_msg& down) {
    for (size_t i = 0; i < members.size(); ++i)
      if (members[i].handle && members[i].handle.address() == down.source && !settled[i])
        settle(i, wire::AdapterStatus::ERROR, "ended while measuring: " + text_of(down.reason));
    proceed();
  }

  void settle(size_t i, wire::AdapterStatus status, std::string reason) {
    settled[i] = true;
    if (members[i].handle)
      --waiting_for;
    auto& outcome = result.outcomes[i];
    outcome.status = status;
    outcome.reason = std::move(reason);
    outcome.duration_s = std::chrono::duration<double>(clock::now() - asked_at[i]).count();
    tally->count_run(members[i].definition.name, json_name(status), outcome.duration_s, now_unix_micros() / 1e6);
    if (members[i].handle && status != wire::AdapterStatus::SKIPPED)
      outcome.contention = describe_contention(*outcome.measurement, asked_amid[i]);
  }

  /// An adapter that runs commands tells what else used the machine during the runs themselves; of others it is known
  /// from their request to their answer, without the load, of which their own part is not known.
  msg<wire::Contention> describe_contention(wire::Measurement::Reader measured, const surroundings& asked) const {
    return msg<wire::Contention>::build([&](wire::Contention::Builder out) {
      if (measured.hasContention())
        write_contention(read_contention(measured.getContention()), out);
      else
        write_contention(contention_between(asked.sample, sample_contention(), contention_sample::unknown), out);
      out.setCaptures(static_cast<uint32_t>(tally->seen_since(asked.captures) - 1)); // without itself
    });
  }

  void finish_if_all_settled() {
    if (std::find(settled.begin(), settled.end(), false) != settled.end() || !promise.pending())
      return;
    counted.reset();
    promise.deliver(std::move(result));
    self->quit();
  }
};

capture_actor::behavior_type capture(capture_actor::stateful_pointer<capture_state> self,
                                     std::vector<capture_member> members, std::shared_ptr<capture_tally> tally) {
  self->state.self = self;
  self->state.tally = std::move(tally);
  self->state.members = std::move(members);
  self->set_down_handler([self](caf::down_msg& down) { self->state.on_down(down); });
  return {[self](const msg<wire::MeasureRequest>& request) { return self->state.start(request); }};
}

} // namespace

capture_actor spawn_capture(caf::actor_system& system, std::vector<capture_member> members,
                            std::shared_ptr<capture_tally> tally) {
  return system.spawn(capture, std::move(members), std::move(tally));
}

std::chrono::milliseconds capture_limit(const std::vector<capture_member>& members) {
  std::chrono::milliseconds longest{0};
  std::chrono::milliseconds leased{0};
  for (const auto& [definition, handle, unavailable] : members)
    if (definition.is_leased)
      leased += definition.longest_answer() + defaults::adapter_grace;
    else
      longest = std::max(longest, definition.longest_answer());
  return longest + leased + 2 * std::chrono::milliseconds{defaults::adapter_grace};
}

} // namespace hive
