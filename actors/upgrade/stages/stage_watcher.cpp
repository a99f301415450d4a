#include "actors/upgrade/stages/stage_watcher.hpp"

#include "actors/upgrade/stages/stage_picture.hpp"
#include "actors/upgrade/stages/stage_questions.hpp"
#include "actors/upgrade/stages/stage_slots.hpp"
#include "messages/ec.hpp"
#include "messages/timestamp.hpp"
#include "platform/log.hpp"

#include <caf/all.hpp>
#include <chrono>
#include <map>
#include <utility>

namespace hive {
namespace {

/// A stage that is being watched.
struct stage_in_sight {
  watch_stage what;
  stage_counts own;
  uint64_t number = 0;                   ///< of the watch: blocks of earlier ones on the track are over unheard
  bool has_begun = false;                ///< whether its window has
  health_totals before = {};             ///< at the end of the last block
  caf::actor_clock::time_point due = {}; ///< end of the present block
};

class stage_watcher_state {
public:
  using pointer = stage_watcher_self::stateful_pointer<stage_watcher_state>;
  static inline const char* name = "stage watcher";

  caf::error init(pointer self, stage_watcher_services services, stage_watcher_options options) {
    if (auto wrong = options.validate())
      return wrong;
    self_ = self;
    services_ = std::move(services);
    options_ = std::move(options);
    return caf::none;
  }

  // -- what is watched ------------------------------------------------------------

  void watch(const watch_stage& what) {
    if (auto problem = problem_of(what))
      return log::error("{}. track={}", text_of(problem), what.track);
    auto own = begin_counts(what, now_unix_micros());
    auto known = watches_.find(what.track);
    if (known != watches_.end() && known->second.own.is_same_stage(own)) {
      known->second.what = what;
      return;
    }
    if (auto told = own_told_.extract(what.track); !told.empty() && told.mapped().is_same_stage(own)) {
      own = std::move(told.mapped());
      log::info("A stage is observed further. track={} stage={} observed_s={}", what.track, what.stage,
                own.observed_blocks * own.block_s);
    }
    watches_[what.track] = {what, std::move(own), ++last_watch_};
    if (publisher_)
      begin(what.track);
  }

  void end(const end_watch& which) {
    auto ended = watches_.erase(which.track) + own_told_.erase(which.track);
    if (ended > 0)
      publish();
  }

  // -- the hive -------------------------------------------------------------------

  /// The stored slots have come before.
  void share(const sharing_started& with) {
    publisher_ = with.publisher;
    sharing_ = with.sharing;
    nodes_ = with.nodes;
    is_admitted_ = false;
    if (!watches_.empty())
      publish();
    for (const auto& [track, watched] : watches_)
      if (!watched.has_begun)
        begin(track);
  }

  void hear(const slots_accepted& slots) {
    for (const auto& slot : slots.slots) { // one: the topic has a single key
      const auto* counts = content_as<std::vector<stage_counts>>(slot.content);
      if (slots.origin == options_.self)
        hear_own(counts ? *counts : std::vector<stage_counts>{});
      else if (counts)
        told_[slots.origin] = *counts;
      else
        told_.erase(slots.origin);
    }
  }

  void hear(const slots_withdrawn& gone) {
    told_.erase(gone.origin);
  }

  // -- blocks ---------------------------------------------------------------------

  void finish_block(const block_over& which) {
    const auto* watched = find(which.track, which.watch);
    if (!watched)
      return;
    questions().ask_all(watched->what, watched->own.began_at_unix_micros,
                        [this, which](const stage_answers& answers) { take(which, answers); });
  }

private:
  stage_questions questions() {
    return {self_, services_, options_.health, nodes_};
  }

  stage_in_sight* find(uint8_t track, uint64_t watch) {
    auto found = watches_.find(track);
    return found == watches_.end() || found->second.number != watch ? nullptr : &found->second;
  }

  /// Begins the window, at the totals of now.
  void begin(uint8_t track) {
    auto& watched = watches_.at(track);
    watched.has_begun = true;
    watched.due = self_->clock().now();
    questions().ask_totals([this, track, watch = watched.number](const stage_answers& answers) {
      auto* begun = find(track, watch);
      if (!begun)
        return;
      begun->before = answers.totals;
      await_next(*begun);
    });
  }

  /// A block that was late, because a service was or the machine stood still, is one block: the rest was not observed.
  void await_next(stage_in_sight& watched) {
    auto now = self_->clock().now();
    auto length = std::chrono::seconds{watched.own.block_s};
    watched.due = std::max(watched.due + length, now);
    if (watched.due == now)
      watched.due += length;
    self_->delayed_send(self_, watched.due - now, block_over{watched.what.track, watched.number});
  }

  void take(const block_over& which, const stage_answers& answers) {
    auto* watched = find(which.track, which.watch);
    if (!watched)
      return;
    auto& own = watched->own;
    if (own.observed_blocks < last_block(watched->what.duration_s))
      own.add(count_block(options_.health, own.observed_blocks, watched->before, answers.totals, answers.checks));
    watched->before = answers.totals;
    if (answers.benchmarks) {
      own.has_benchmarks = answers.benchmarks->is_judged;
      own.regressed_benchmarks = answers.benchmarks->regressed;
    }
    publish();
    judge(*watched, answers);
    await_next(*watched);
  }

  /// Without knowing which nodes are heard, all would look silent.
  void judge(const stage_in_sight& watched, const stage_answers& answers) {
    if (!answers.silences)
      return log::warn("A stage is not judged: the federation has not said which nodes it hears. track={}",
                       watched.what.track);
    auto view = view_of(watched.what, options_.health, options_.self, watched.own, told_, *answers.silences);
    self_->send(services_.listener,
                stage_judged{watched.what.track, watched.what.proposal, watched.what.stage, analysis::judge_stage(view),
                             view.observed_s, watched.own.observed_blocks >= last_block(watched.what.duration_s)});
  }

  /// What this node told before it lost it, and what it has just told.
  void hear_own(const std::vector<stage_counts>& told) {
    own_told_.clear();
    for (const auto& each : told) {
      auto watched = watches_.find(each.track);
      if (watched == watches_.end())
        own_told_[each.track] = each;
      else if (auto& own = watched->second.own; own.is_same_stage(each) && each.observed_blocks > own.observed_blocks)
        own = each;
    }
  }

  void publish() {
    if (!publisher_)
      return;
    auto all = own_told_;
    for (const auto& [track, watched] : watches_)
      all.insert_or_assign(track, watched.own);
    std::vector<stage_counts> told;
    for (auto& [track, counts] : all)
      told.push_back(std::move(counts));
    self_->send(publisher_, stages_to_publish(told));
    if (!std::exchange(is_admitted_, true) && sharing_)
      self_->send(sharing_, slots_admitted{stage_health_kind});
  }

  pointer self_ = nullptr;
  stage_watcher_services services_;
  stage_watcher_options options_;
  node_directory_actor nodes_;
  slot_publisher_actor publisher_;
  slot_sharing_actor sharing_;
  bool is_admitted_ = false;                  ///< what is published is written
  std::map<uint8_t, stage_in_sight> watches_; ///< by track
  std::map<uint8_t, stage_counts> own_told_; ///< by track: what this node's slot says of those that are not watched yet
  told_counts told_;
  uint64_t last_watch_ = 0;
};

stage_watcher_self::behavior_type stage_watcher(stage_watcher_state::pointer self, stage_watcher_services services,
                                                stage_watcher_options options) {
  auto& state = self->state;
  if (auto error = state.init(self, std::move(services), std::move(options)))
    self->quit(std::move(error));
  return {
    [&state](const watch_stage& what) { state.watch(what); },
    [&state](const end_watch& which) { state.end(which); },
    [&state](const slots_accepted& slots) { state.hear(slots); },
    [&state](const slots_withdrawn& gone) { state.hear(gone); },
    [&state](const sharing_started& with) { state.share(with); },
    [&state](const block_over& which) { state.finish_block(which); },
  };
}

} // namespace

caf::error stage_watcher_options::validate() const {
  if (self.value.empty())
    return fail(ec::invalid, "the id of this node is not given");
  analysis::stage_view any{health, {}, 0, {{.node = self.value, .is_canary = true}}};
  any.options.duration_s = any.options.block_s = 1;
  if (auto problem = analysis::problem_of(any))
    return fail(ec::invalid, *problem);
  return caf::none;
}

stage_watcher_actor spawn_stage_watcher(caf::actor_system& system, stage_watcher_services services,
                                        stage_watcher_options options) {
  return system.spawn(stage_watcher, std::move(services), std::move(options));
}

} // namespace hive
