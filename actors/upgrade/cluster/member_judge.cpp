#include "actors/upgrade/cluster/member_judge.hpp"

#include "actors/aside.hpp"
#include "actors/defaults.hpp"
#include "messages/text.hpp"
#include "messages/upgrade.capnp.h"
#include "platform/log.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <map>

namespace hive {
namespace {

using look_atom = caf::atom_constant<caf::atom("look")>;

using member_judge_impl = member_judge_actor::extend<
  // internal: looks again at what the order with this number is about.
  caf::reacts_to<look_atom, uint8_t, uint64_t>>;

class member_judge_state {
public:
  using pointer = member_judge_impl::stateful_pointer<member_judge_state>;
  static inline const char* name = "member_judge";

  void init(pointer self, std::shared_ptr<const database> db, upgrade_measurer_actor measurer,
            member_judge_options options) {
    self_ = self;
    db_ = std::move(db);
    measurer_ = std::move(measurer);
    options_ = std::move(options);
  }

  caf::result<member_vote> begin(const judge_order& order) {
    if (auto before = open_.find(order.track); before != open_.end())
      before->second.answer.deliver(fail(ec::conflict, "another proposal or stage is to be judged"));
    auto answer = self_->make_response_promise<member_vote>();
    open_.insert_or_assign(order.track, work{++orders_, order, answer, options_.first_pause});
    if (order.what->body().getMeasure())
      measure(order.track);
    else
      look(order.track, orders_);
    return answer;
  }

  /// Judges what is stored now.
  void look(uint8_t track, uint64_t number) {
    auto* at = find(track, number);
    if (!at)
      return;
    auto work = [db = db_, order = at->order, rules = options_.rules] {
      return judge_versions(*db, *order.what, order.track_name, rules);
    };
    run_aside<member_vote>(self_, work, [this, track, number](caf::expected<member_vote> voted) {
      auto* open = find(track, number);
      if (!open)
        return;
      bool is_unchanged = voted && open->order.attempt > 0 && voted->document_hash == open->order.voted_hash;
      if (is_unchanged)
        return look_later(track, *open);
      finish(track, std::move(voted));
    });
  }

private:
  struct work {
    uint64_t number = 0;
    judge_order order;
    caf::typed_response_promise<member_vote> answer;
    std::chrono::milliseconds pause{};
  };

  work* find(uint8_t track, uint64_t number) {
    auto found = open_.find(track);
    return found != open_.end() && found->second.number == number ? &found->second : nullptr;
  }

  void look_later(uint8_t track, work& open) {
    self_->delayed_send(self_, open.pause, look_atom::value, track, open.number);
    open.pause = std::min(2 * open.pause, options_.longest_pause);
  }

  void finish(uint8_t track, caf::expected<member_vote> voted) {
    auto answer = open_.at(track).answer;
    open_.erase(track);
    if (voted)
      answer.deliver(std::move(*voted));
    else
      answer.deliver(voted.error());
  }

  /// Half of the proposal's time for the first attempt, so that an inconclusive one can be repeated with more pairs.
  msg<wire::MeasureUpgrade> measurement_for(const judge_order& order) const {
    auto body = order.what->body();
    return msg<wire::MeasureUpgrade>::build([&](wire::MeasureUpgrade::Builder out) {
      out.setOld(body.getFrom());
      out.setNew(body.getTo());
      out.setTrack(order.track_name);
      out.setLong(order.attempt > 0);
      constexpr uint32_t long_pairs = 120;
      if (order.attempt > 0)
        out.setMaxPairs(long_pairs);
      out.setMaxMinutes(body.getMaxMinutes() / (order.attempt > 0 ? 2.0 * (body.getAttempts() - 1) : 2.0));
      out.setWait(true);
    });
  }

  void measure(uint8_t track) {
    auto& open = open_.at(track);
    auto number = open.number;
    // No timeout: the measurement has its own limit in minutes, which begins only after those that wait before it.
    self_->request(measurer_, caf::infinite, measurement_for(open.order))
      .then([this, track, number](const msg<wire::PairedMeasurement>& ended) { on_measured(track, number, ended); },
            [this, track, number](const caf::error& error) {
              if (auto* failed = find(track, number))
                finish(track, vote_inconclusive(*failed->order.what, 0, "not measured: " + text_of(error)));
            });
  }

  void on_measured(uint8_t track, uint64_t number, const msg<wire::PairedMeasurement>& ended) {
    if (!find(track, number))
      return;
    log::info("Measured for the hive. measurement={} verdict={}", ended->getId().cStr(),
              static_cast<int>(ended->getVerdict()));
    look(track, number);
  }

  pointer self_ = nullptr;
  std::shared_ptr<const database> db_;
  upgrade_measurer_actor measurer_;
  member_judge_options options_;
  uint64_t orders_ = 0;
  std::map<uint8_t, work> open_; ///< by track
};

member_judge_impl::behavior_type member_judge(member_judge_state::pointer self, std::shared_ptr<const database> db,
                                              upgrade_measurer_actor measurer, member_judge_options options) {
  auto& state = self->state;
  state.init(self, std::move(db), std::move(measurer), std::move(options));
  return {
    [&state](const judge_order& order) { return state.begin(order); },
    [&state](look_atom, uint8_t track, uint64_t number) { state.look(track, number); },
  };
}

} // namespace

member_judge_actor spawn_member_judge(caf::actor_system& system, std::shared_ptr<const database> db,
                                      upgrade_measurer_actor measurer, member_judge_options options) {
  return system.spawn(member_judge, std::move(db), std::move(measurer), std::move(options));
}

} // namespace hive
