#include "actors/upgrade/gate/track_view.hpp"

#include "actors/upgrade/gate/track.hpp"

namespace hive::gate {

std::vector<member_view> track::members() const {
  std::vector<member_view> out;
  for (rank which = 0; which < sealers_->size(); ++which) {
    member_view view{.node = sealers_->node(which)};
    bool is_self = view.node == options_.self;
    if (is_self)
      view.start = seal_.start;
    else if (auto known = seal_.starts.find(view.node); known != seal_.starts.end())
      view.start = known->second.start;
    view.quarantined = known_.quarantined.contains(view.node);
    if (auto found = starts_.find(view.node); found != starts_.end()) {
      auto generations = found->second->start()->getGenerations();
      if (number_ < generations.size() && generations[number_].size() > 0) {
        view.generation = digest_of(generations[number_]);
        view.differs = view.generation != sealers_->hash();
      }
    }
    if (auto found = seals_.find(view.node); found != seals_.end()) {
      auto seal = *found->second->seal();
      view.position = seal.getPosition();
      view.generation = digest_of(seal.getGeneration());
      view.differs = view.generation != sealers_->hash();
      view.start = std::max(view.start, seal.getStart());
      view.admitted = is_self ? seal_.admitted : seal.getAdmitted() && seal.getStart() == view.start && !view.differs;
    }
    out.push_back(std::move(view));
  }
  return out;
}

ask_view track::view_of_ask(const node_id& node, const statement_ptr& ask) const {
  auto refused = [&](std::string why) { return ask_view{node, ask, ask_state::refused, std::move(why)}; };
  if (state_.was_opened(ask->ask().propose->id()))
    return {node, ask, ask_state::opened, {}};
  if (known_.quarantined.contains(node))
    return refused("its node is in quarantine");
  bool is_idle = state_.now() == phase::idle;
  if (!is_idle && !ask->ask().message->getPropose().getQueue())
    return refused(short_text(state_.what()->id()) + " is open");
  if (auto why = why_refused(state_, *sealers_, *ask); !why.empty())
    return refused(std::move(why));
  return {node, ask, is_idle ? ask_state::announced : ask_state::queued, {}};
}

std::vector<ask_view> track::proposals() const {
  std::vector<ask_view> out;
  for (const auto& [node, ask] : known_.asks)
    if (ask->ask().propose)
      out.push_back(view_of_ask(node, ask));
  return out;
}

statement_ptr track::stop_asked() const {
  return state_.now() == phase::idle ? nullptr : find_stop(state_, *sealers_, known_);
}

} // namespace hive::gate
