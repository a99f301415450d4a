#include "actors/upgrade/gate/gate_core.hpp"

#include "messages/packed.hpp"

namespace hive::gate {

gate_core::gate_core(gate_options options, gate_crypto crypto)
    : options_{std::move(options)}, crypto_{std::move(crypto)} {
  for (size_t i = 0; i < std::min(options_.tracks.size(), max_tracks); ++i)
    if (options_.tracks[i])
      tracks_[i] = std::make_unique<track>(static_cast<uint8_t>(i), options_, crypto_);
}

void gate_core::restore(const stored_state& stored) {
  for (const auto& slot : stored.own)
    if (slot->type == slot_type::start)
      own_start_ = slot;
  for (const auto& each : tracks_)
    if (each)
      each->restore(stored);
}

const std::vector<output>& gate_core::step(const event& what, instant now) {
  now_ = now;
  outputs_.clear();
  effects_ = {};
  std::visit([this](const auto& each) { on(each); }, what);
  if (start_ > 0)
    for (const auto& each : tracks_)
      if (each)
        each->advance(now_, effects_);
  finish_step();
  return outputs_;
}

/// The write goes out first. All other outputs, refusals apart, wait until it and all earlier writes are on disk.
void gate_core::finish_step() {
  if (!effects_.slots.empty() || !effects_.untold.empty()) {
    auto all = effects_.slots;
    all.insert(all.end(), effects_.untold.begin(), effects_.untold.end());
    outputs_.push_back(outputs::write{++writes_, std::move(all), std::move(effects_.kept)});
    pending_.push_back({writes_, std::move(effects_.slots), {}});
  }
  for (auto& each : effects_.others) {
    bool is_answer = std::holds_alternative<outputs::refused>(each);
    if (pending_.empty() || is_answer)
      outputs_.push_back(std::move(each));
    else
      pending_.back().then.push_back(std::move(each));
  }
}

void gate_core::on(const events::durable& what) {
  while (!pending_.empty() && pending_.front().number <= what.number) {
    if (!pending_.front().to_tell.empty())
      outputs_.push_back(outputs::tell{std::move(pending_.front().to_tell)});
    std::ranges::move(pending_.front().then, std::back_inserter(outputs_));
    pending_.pop_front();
  }
}

void gate_core::set_generations(capnp::List<capnp::Data>::Builder out) const {
  for (uint32_t i = 0; i < std::min<size_t>(out.size(), max_tracks); ++i)
    if (tracks_[i])
      out.set(i, data_of(tracks_[i]->sealers().hash()));
}

/// Takes a new start number. Only when its disk is proven current does the node keep the one that it had: then nothing
/// that it told is lost.
void gate_core::on(const events::started& what) {
  bool goes_on = what.is_disk_current && own_start_;
  if (goes_on) {
    start_ = own_start_->start()->getStart();
    nonce_ = own_start_->start()->getNonce();
  } else {
    start_ = std::max(what.epoch, own_start_ ? own_start_->start()->getStart() + 1 : 1);
    nonce_ = what.nonce;
    auto message = msg<wire::GateStart>::build([&](wire::GateStart::Builder out) {
      out.setStart(start_);
      out.setNonce(nonce_);
      set_generations(out.initGenerations(static_cast<uint32_t>(options_.tracks.size())));
    });
    auto made = std::make_shared<statement>();
    made->origin = options_.self;
    made->type = slot_type::start;
    made->whole = crypto_.sign(slot_type::start, slot_key(slot_type::start, 0), to_packed(message));
    made->epoch = made->whole->getSlot().getEpoch();
    made->version = made->whole->getSlot().getVersion();
    made->content = std::move(message);
    own_start_ = made;
    effects_.slots.push_back(made);
  }
  for (const auto& each : tracks_)
    if (each)
      each->begin(start_, nonce_, goes_on);
}

void gate_core::on(const events::heard& what) {
  if (what.slot->type == slot_type::start) {
    hear_start(what.slot);
    return;
  }
  if (auto& to = tracks_[what.slot->track])
    to->hear(what.slot, now_, effects_);
}

void gate_core::hear_start(const statement_ptr& slot) {
  if (slot->origin != options_.self) {
    for (const auto& each : tracks_)
      if (each)
        each->hear(slot, now_, effects_);
    return;
  }
  // Other nodes remember a start of this node that its disk has lost.
  auto heard = slot->start()->getStart();
  bool is_other = heard > start_ || (heard == start_ && slot->start()->getNonce() != nonce_);
  if (start_ > 0 && is_other)
    effects_.others.push_back(outputs::start_refused{heard});
}

void gate_core::on(const events::quarantined& what) {
  for (const auto& each : tracks_)
    if (each)
      each->on(what, now_);
}

template <class Event>
void gate_core::on(const Event& what) {
  if (what.track < max_tracks && tracks_[what.track]) {
    if constexpr (std::is_same_v<Event, events::admit>)
      tracks_[what.track]->on(what);
    else if constexpr (std::is_same_v<Event, events::begin_line>)
      tracks_[what.track]->on(what, now_, effects_);
    else
      tracks_[what.track]->on(what, effects_);
    return;
  }
  effects_.others.push_back(
    outputs::refused{what.track, fail(ec::invalid, "track " + std::to_string(what.track) + " is not in use")});
}

std::optional<instant> gate_core::next_deadline() const {
  std::optional<instant> out;
  for (const auto& each : tracks_)
    if (each)
      if (auto due = each->next_deadline())
        out = out ? std::min(*out, *due) : due;
  return out;
}

} // namespace hive::gate
