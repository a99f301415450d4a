#include "actors/engine_client/record_joiner.hpp"

#include "actors/engine_client/joined_records.hpp"
#include "messages/baseline.capnp.h"
#include "messages/check.hpp"
#include "messages/door.capnp.h"
#include "messages/ec.hpp"
#include "messages/engine.capnp.h"
#include "messages/gpu.capnp.h"
#include "messages/hive.capnp.h"
#include "messages/install.capnp.h"
#include "messages/research.capnp.h"
#include "messages/runs.capnp.h"
#include "messages/tracker.capnp.h"

#include <algorithm>
#include <caf/all.hpp>
#include <map>
#include <memory>

namespace hive {
namespace {

// internal: the time to gather is over for the message of this number.
using record_joiner_self = record_joiner_actor::extend<caf::reacts_to<uint64_t>>;

class record_joiner_state {
public:
  using pointer = record_joiner_self::stateful_pointer<record_joiner_state>;
  static inline const char* name = "record_joiner";

  record_joiner_state() = default;
  record_joiner_state(const record_joiner_state&) = delete;
  record_joiner_state& operator=(const record_joiner_state&) = delete;
  ~record_joiner_state() {
    give_up("the engine closed");
  }

  void init(pointer self, record_joiner_options options) {
    self_ = self;
    options_ = std::move(options);
    self_->monitor(options_.session);
    self_->set_down_handler([this](const caf::down_msg&) { on_connection_lost(); });
  }

  caf::result<msg<wire::TasksRecorded>> record(const msg<wire::RecordTasks>& records) {
    if (auto fault = check(capnp::DynamicStruct::Reader{*records}))
      return fail(ec::invalid, "the records: " + fault->pointer + " " + fault->rule);
    auto count = std::max<size_t>(records->getTasks().size(), 1);
    if (waiting_ + count > options_.most_waiting)
      return fail(ec::overloaded, std::to_string(waiting_) + " task records wait for the node already");
    bool is_alone = stands_alone(*records) || gathered_.records.records() + count > options_.most_joined;
    if (is_alone)
      launch();
    auto promise = self_->make_response_promise<msg<wire::TasksRecorded>>();
    gathered_.records.add(records);
    gathered_.promises.push_back(promise);
    waiting_ += count;
    gathered_.waiting += count;
    if (stands_alone(*records) || gathered_.records.records() >= options_.most_joined)
      launch();
    else if (in_flight_.empty())
      launch_or_wait();
    return promise;
  }

  caf::result<caf::ok_atom> settle() {
    launch();
    if (waiting_ == 0)
      return caf::ok_atom::value;
    settled_.push_back(self_->make_response_promise<caf::ok_atom>());
    return settled_.back();
  }

  void on_gathered(uint64_t number) {
    if (number == number_ && in_flight_.empty())
      launch();
  }

private:
  struct batch {
    joined_records records;
    std::vector<caf::typed_response_promise<msg<wire::TasksRecorded>>> promises; ///< of the messages, in their order
    size_t waiting = 0;                                                          ///< counted in `waiting_`
  };

  /// What a source's rows say holds for the whole message, and without records there is nothing to join.
  static bool stands_alone(wire::RecordTasks::Reader records) {
    return records.getTasks().size() == 0 || records.getSource().size() > 0 || records.getAfterRow() > 0 ||
           records.getThroughRow() > 0;
  }

  /// With no message in flight: sends what has gathered if no more is expected.
  void launch_or_wait() {
    auto longest = std::min<caf::timespan>(options_.gather, last_took_ / 2);
    if (gathered_.records.messages() >= expected_ || longest.count() == 0)
      return launch();
    if (std::exchange(timed_, number_) != number_)
      self_->delayed_send(self_, longest, number_);
  }

  void launch() {
    if (gathered_.promises.empty())
      return;
    auto sent = std::make_shared<batch>(std::exchange(gathered_, {}));
    auto number = number_++;
    in_flight_.emplace(number, sent);
    auto began = self_->clock().now();
    self_->request(options_.session, options_.timeout, sent->records.message())
      .then(
        [this, number, began](const msg<wire::TasksRecorded>& answer) {
          last_took_ = self_->clock().now() - began;
          land(number, answer);
        },
        [this, number](const caf::error& why) { land(number, why); });
  }

  void land(uint64_t number, const caf::expected<msg<wire::TasksRecorded>>& answer) {
    auto landed = in_flight_.extract(number);
    auto& joined = *landed.mapped();
    expected_ = joined.records.messages() + gathered_.records.messages();
    waiting_ -= joined.waiting;
    if (in_flight_.empty() && !gathered_.promises.empty())
      launch_or_wait();
    auto answers = answer ? joined.records.split(*answer) : answer.error();
    for (size_t i = 0; i < joined.promises.size(); ++i)
      answers ? joined.promises[i].deliver((*answers)[i]) : joined.promises[i].deliver(answers.error());
    if (waiting_ == 0)
      tell_settled();
  }

  void on_connection_lost() {
    give_up("the connection with the node was lost");
    self_->quit();
  }

  void give_up(const std::string& why) {
    for (auto& [number, sent] : std::exchange(in_flight_, {}))
      refuse(*sent, fail(ec::outcome_unknown, why + " before it answered"));
    refuse(gathered_, fail(ec::unavailable, "the records were not sent: " + why));
    tell_settled();
  }

  void tell_settled() {
    for (auto& each : std::exchange(settled_, {}))
      each.deliver(caf::ok_atom::value);
  }

  static void refuse(batch& what, const caf::error& why) {
    for (auto& each : std::exchange(what.promises, {}))
      each.deliver(why);
  }

  pointer self_ = nullptr;
  record_joiner_options options_;
  batch gathered_;
  std::map<uint64_t, std::shared_ptr<batch>> in_flight_; ///< by number
  uint64_t number_ = 1;                                  ///< of the message that gathers
  uint64_t timed_ = 0;                                   ///< the newest message that has a timer
  size_t waiting_ = 0;                                   ///< records, gathered and in flight
  size_t expected_ = 1;        ///< messages: those of the last answer, and those that came meanwhile
  caf::timespan last_took_{0}; ///< until the last answer
  std::vector<caf::typed_response_promise<caf::ok_atom>> settled_;
};

record_joiner_self::behavior_type record_joiner(record_joiner_self::stateful_pointer<record_joiner_state> self,
                                                record_joiner_options options) {
  auto& state = self->state;
  state.init(self, std::move(options));
  return {
    [&state](const msg<wire::RecordTasks>& records) { return state.record(records); },
    [&state](settle_atom) { return state.settle(); },
    [&state](uint64_t number) { state.on_gathered(number); },
  };
}

} // namespace

record_joiner_actor spawn_record_joiner(caf::actor_system& system, record_joiner_options options) {
  return system.spawn(record_joiner, std::move(options));
}

} // namespace hive
