#include "actors/upgrade/cluster/gate_shell.hpp"

#include "actors/defaults.hpp"
#include "actors/store/commit.hpp"
#include "actors/upgrade/cluster/gate_topics.hpp"
#include "actors/upgrade/decision/statement_signing.hpp"
#include "messages/timestamp.hpp"
#include "platform/hex.hpp"
#include "platform/log.hpp"

#include <caf/all.hpp>

// The core of the gate, and what it says.

namespace hive {
namespace {

/// Lower bits of the epoch of statements: a random number of the start. An epoch is used twice when a disk was set
/// back, and even then nothing that is signed contradicts what was signed in the other run.
constexpr unsigned run_bits = 23;

constexpr size_t most_announced = 4'096;

msg<wire::GateGeneration> first_generation(const cluster_gate_options& options, const std::string& track,
                                           const node_id& self) {
  auto members = options.members;
  if (members.empty())
    members.push_back({self, 1, {}});
  std::ranges::sort(members, {}, &gate_member::node);
  return msg<wire::GateGeneration>::build([&](wire::GateGeneration::Builder out) {
    out.setNumber(1);
    out.setSlack(options.slack);
    out.setTrack(track);
    auto list = out.initMembers(static_cast<uint32_t>(members.size()));
    for (uint32_t i = 0; i < list.size(); ++i) {
      list[i].setNode(members[i].node.value);
      list[i].setWeight(members[i].weight);
      list[i].setTier(members[i].tier);
    }
  });
}

} // namespace

caf::error gate_shell::init(pointer self, cluster_gate_services services, cluster_gate_options options) {
  self_ = self;
  services_ = std::move(services);
  options_ = std::move(options);
  if (auto wrong = options_.validate())
    return wrong;
  id_ = node_id_of(options_.keys.public_part());
  epoch_ = options_.epoch;
  random_.seed(std::random_device{}());
  book_.emplace(id_);
  log_.emplace(gate_store{*services_.db});
  for (const auto& track : options_.tracks) {
    auto made = gate::generation::from(*first_generation(options_, track, id_));
    if (!made)
      return made.error();
    generations_.push_back(std::move(*made));
  }
  member_judge_options judging;
  judging.rules = options_.rules;
  judge_ = spawn_member_judge(self_->system(), services_.db, services_.measurer, std::move(judging));
  self_->link_to(judge_);
  return restore();
}

gate_shell::~gate_shell() = default;

caf::error gate_shell::restore() {
  gate_store store{*services_.db};
  auto own = store.statements();
  if (!own)
    return own.error();
  auto kept = store.values();
  if (!kept)
    return kept.error();
  auto decode = [](const msg<wire::StoredSlot>& slot) -> caf::expected<gate::statement_ptr> {
    auto decoded = gate::decode_statement(slot, trusted_origin);
    if (!decoded)
      return fail(ec::corrupt, "a stored statement of the gate cannot be decoded: " + text_of(decoded.error()));
    return decoded;
  };
  for (const auto& slot : *own) {
    auto decoded = decode(slot);
    if (!decoded)
      return decoded.error();
    book_->restore(std::move(*decoded));
  }
  for (const auto& slot : *kept) {
    auto decoded = decode(slot);
    if (!decoded)
      return decoded.error();
    book_->restore_value(std::move(*decoded));
  }
  for (uint8_t track = 0; track < options_.tracks.size(); ++track)
    if (auto damage = log_->restore(track))
      return damage;
  return {};
}

gate::instant gate_shell::now() const {
  return std::chrono::duration_cast<gate::instant>(std::chrono::steady_clock::now() - began_);
}

// -- the federation ----------------------------------------------------------------

void gate_shell::share(const sharing_started& with) {
  if (with.kind != kind_of(gate_slot_types.front()))
    return; // it starts with all kinds at once
  sharing_ = with.sharing;
  nodes_ = with.nodes;
  admitted_.clear();
  readers_.clear();
  take_quarantines();
  if (!core_)
    return begin(with.disk_is_current);
  name_readers();
  publish(book_->told());
}

/// The federation says who is in quarantine only when that changes.
void gate_shell::take_quarantines() {
  self_->request(nodes_, defaults::request_timeout, msg<wire::NodeQuery>{})
    .then(
      [this](const msg<wire::NodeList>& list) {
        for (auto node : list->getNodes())
          if (node.getState() == wire::MemberState::QUARANTINED)
            withdraw({kind_of(gate_slot_types.front()), node_id{node.getId().cStr()}});
      },
      [](const caf::error& error) { log::warn("The gate cannot ask who is in quarantine: {}", text_of(error)); });
}

void gate_shell::begin(bool is_disk_current) {
  ++core_run_;
  stamp_epoch_ = epoch_ << run_bits | std::uniform_int_distribution<uint64_t>{1, (1U << run_bits) - 1}(random_);
  stamp_version_ = 0;
  written_.reset();
  when_durable_.clear();
  due_.clear();
  gate::gate_options options;
  options.self = id_;
  options.tracks = generations_;
  options.reruns_unknown = options_.reruns_unknown_hooks;
  gate::gate_crypto crypto;
  crypto.sign = [this](gate::slot_type type, const std::string& key, const std::string& payload) {
    return sign_statement(options_.keys, type, key, payload, stamp_epoch_, ++stamp_version_);
  };
  crypto.verify = verify_statement;
  core_ = std::make_unique<gate::gate_core>(std::move(options), std::move(crypto));
  core_->restore(book_->stored());
  step(gate::events::started{epoch_, random_(), is_disk_current});
  for (const auto& node : quarantined_)
    step(gate::events::quarantined{node, true});
  for (const auto& slot : book_->heard())
    step(gate::events::heard{slot});
  name_readers();
  is_book_told_ = is_disk_current;
  if (is_book_told_)
    publish(book_->told());
}

/// What was stored right before this node ended, nobody may have been told. Once a slot of this run is written, the
/// federation has brought what others hold of this node, so no newer slot is replaced by an older one.
void gate_shell::tell_book(const gate::statement& own) {
  if (own.epoch == stamp_epoch_ && !std::exchange(is_book_told_, true))
    publish(book_->told());
}

/// Another run of this node has used this epoch, or a later one: its disk was set back.
void gate_shell::begin_anew(uint64_t above) {
  epoch_ = std::max(epoch_, above) + 1;
  log::warn("The gate starts again: others know of a later start of this node. epoch={}", epoch_);
  begin(false);
}

void gate_shell::hear(const slots_accepted& published) {
  std::optional<uint64_t> later;
  write_set returned;
  for (const auto& each : published.slots) {
    const auto* found = content_as<gate::statement_ptr>(each.content);
    if (!found || (*found)->origin != published.origin)
      continue;
    const auto& what = *found;
    if (what->origin == id_ && core_)
      tell_book(*what);
    if (!book_->hear(what))
      continue;
    bool is_own = what->origin == id_;
    if (is_own)
      gate_store::put_statement(returned, what->track, what->whole);
    if (is_own && what->epoch >> run_bits >= epoch_ && what->epoch != stamp_epoch_)
      later = std::max(later.value_or(0), what->epoch >> run_bits);
    else if (core_)
      step(gate::events::heard{what});
    if (what->type == gate::slot_type::ask)
      note_announced(*what);
    if (what->type == gate::slot_type::vote && !is_own)
      tell_vote(*what);
  }
  if (!returned.empty())
    keep(std::move(returned));
  if (later && core_)
    begin_anew(*later);
  else if (later)
    epoch_ = std::max(epoch_, *later + 1);
  if (core_ && quarantined_.erase(published.origin) > 0)
    step(gate::events::quarantined{published.origin, false});
}

void gate_shell::withdraw(const slots_withdrawn& gone) {
  if (gone.kind != kind_of(gate_slot_types.front()) || gone.origin == id_)
    return; // all kinds are withdrawn at once
  book_->forget(gone.origin);
  if (quarantined_.insert(gone.origin).second && core_)
    step(gate::events::quarantined{gone.origin, true});
}

// -- the core ----------------------------------------------------------------------

void gate_shell::step(const gate::event& what) {
  auto run = core_run_;
  auto outputs = core_->step(what, now()); // a copy: carrying one out may lead to the next step
  for (const auto& each : outputs) {
    if (run != core_run_)
      return; // it was replaced
    std::visit([this](const auto& output) { on(output); }, each);
  }
  if (run != core_run_)
    return;
  watch_stages();
  arm();
}

void gate_shell::on(const gate::outputs::write& what) {
  book_->write(what.slots, what.kept);
  write_set writes;
  for (const auto& each : what.slots)
    gate_store::put_statement(writes, each->track, each->whole);
  for (const auto& each : what.kept)
    gate_store::put_value(writes, each->track, each->whole);
  written_ = what.number;
  commit(self_, services_.committer, std::move(writes))
    .then([this, run = core_run_, number = what.number](const committed&) { on_durable(run, number); },
          [this](const caf::error& error) { self_->quit(error); });
}

void gate_shell::on_durable(uint64_t core_run, uint64_t number) {
  if (core_run != core_run_)
    return;
  step(gate::events::durable{number});
  if (core_run != core_run_)
    return;
  auto until = when_durable_.upper_bound(number);
  std::vector<std::function<void()>> ready;
  for (auto each = when_durable_.begin(); each != until; ++each)
    std::ranges::move(each->second, std::back_inserter(ready));
  when_durable_.erase(when_durable_.begin(), until);
  for (const auto& then : ready)
    then();
}

/// Stores what nobody waits for.
void gate_shell::keep(write_set writes) {
  commit(self_, services_.committer, std::move(writes))
    .then([](const committed&) {}, [this](const caf::error& error) { self_->quit(error); });
}

void gate_shell::on(const gate::outputs::tell& what) {
  for (const auto& each : what.slots) {
    if (each->type == gate::slot_type::ask)
      note_announced(*each);
    if (each->type == gate::slot_type::vote)
      tell_vote(*each);
  }
  publish(book_->tell(what.slots));
}

void gate_shell::publish(std::vector<publish_slots> kinds) {
  if (!sharing_ || kinds.empty())
    return;
  for (const auto& each : kinds)
    if (admitted_.insert(each.kind).second)
      self_->send(sharing_, slots_admitted{each.kind});
  self_->send(sharing_, publish_together{std::move(kinds)});
}

/// Statements go to the members at once.
void gate_shell::name_readers() {
  std::set<node_id> nodes;
  for (uint8_t track = 0; track < options_.tracks.size(); ++track)
    for (const auto& member : core_->at(track).members())
      if (member.node != id_)
        nodes.insert(member.node);
  if (nodes == readers_ || !sharing_)
    return;
  readers_ = nodes;
  for (auto type : gate_slot_types)
    self_->send(sharing_, slot_readers{kind_of(type), nodes});
}

void gate_shell::arm() {
  auto due = core_->next_deadline();
  if (!due || (armed_ && *armed_ <= *due))
    return;
  armed_ = due;
  self_->delayed_send(self_, std::max(gate::instant{1}, *due - now()), gate_tick_atom::value);
}

void gate_shell::tick() {
  armed_.reset();
  if (!core_)
    return;
  auto due = core_->next_deadline();
  if (due && *due <= now())
    step(gate::events::ticked{});
  else
    arm();
}

void gate_shell::on(const gate::outputs::decided& what) {
  const auto& sealed = what.what;
  auto value = *sealed.value->content;
  auto id = value.getProposal().size() > 0 ? to_hex(gate::digest_of(value.getProposal())) : std::string{};
  auto at = now_unix_micros();
  auto known = announced_.find(id);
  write_set writes;
  log_->add(sealed, at, known == announced_.end() ? at : known->second, writes);
  if (!writes.empty())
    commit(self_, services_.committer, std::move(writes))
      .then([this, sealed](const committed&) { log_->stored(sealed); },
            [this](const caf::error& error) { self_->quit(error); });
  auto hash = to_hex(sealed.value->hash);
  log::info("The hive has decided. track={} position={} kind={} proposal={} hash={}", options_.tracks[value.getTrack()],
            value.getPosition(), static_cast<int>(value.getKind()), id, hash);
  bool is_opening = value.getKind() == wire::GateValueKind::OPEN;
  bool is_of_members = value.getKind() == wire::GateValueKind::MEMBERS;
  tell([&](wire::UpgradeEvent::Builder out) {
    out.setId(id);
    out.setTrack(options_.tracks[value.getTrack()]);
    out.setStep(is_opening      ? wire::UpgradeStep::OPENED
                : is_of_members ? wire::UpgradeStep::MEMBERS
                                : wire::UpgradeStep::DECIDED);
    out.setKind(value.getKind());
    out.setStage(value.getStage());
    out.setHash(hash);
    out.setReason(why_sealed(*sealed.value));
  });
  name_readers();
  notify(sealed);
}

void gate_shell::on(const gate::outputs::contradiction& what) {
  log::warn("A member of the gate contradicts itself; its votes count no more. node={}", what.one->origin.value);
}

void gate_shell::on(const gate::outputs::conflict& what) {
  auto track = what.first.value->content->getTrack();
  auto first = to_hex(what.first.value->hash), second = to_hex(what.second.value->hash);
  conflicts_[track] = "position " + std::to_string(what.first.value->content->getPosition()) + " has the decisions " +
                      first + " and " + second;
  log::error("More members of the gate lie than it bears: {}. track={}", conflicts_[track], options_.tracks[track]);
  tell([&](wire::UpgradeEvent::Builder out) {
    out.setTrack(options_.tracks[track]);
    out.setStep(wire::UpgradeStep::CONFLICT);
    out.setHash(first);
    out.setReason(conflicts_[track]);
  });
}

void gate_shell::on(const gate::outputs::missed_hook& what) {
  auto id = to_hex(what.what.proposal);
  bool is_deploy = what.what.action == wire::GateAction::DEPLOY;
  auto text = is_deploy
                ? "this node was away while " + what.what.version +
                    " was rolled out, and its deploy hook will "
                    "not run by itself: bring the node to that version by hand"
                : std::string{"this node was away while the version was rolled back, and its rollback hook will "
                              "not run by itself: check which version it has"};
  log::warn("A hook was missed: {}. track={} proposal={}", text, options_.tracks[what.track], id);
  notices_[id] = text;
  tell([&](wire::UpgradeEvent::Builder out) {
    out.setId(id);
    out.setTrack(options_.tracks[what.track]);
    out.setStep(wire::UpgradeStep::HOOK);
    out.setNode(id_.value);
    out.setReason(text);
  });
}

void gate_shell::on(const gate::outputs::start_refused& what) {
  begin_anew(what.above);
}

void gate_shell::on(const gate::outputs::refused& what) {
  refusal_ = what.why;
}

void gate_shell::note_announced(const gate::statement& ask) {
  if (!ask.ask().propose)
    return;
  auto id = to_hex(ask.ask().propose->id());
  if (announced_.size() >= most_announced)
    announced_.clear();
  if (!announced_.emplace(id, now_unix_micros()).second || !log_->of(id).empty())
    return;
  tell([&](wire::UpgradeEvent::Builder out) {
    out.setId(id);
    out.setTrack(options_.tracks[std::min<size_t>(ask.track, options_.tracks.size() - 1)]);
    out.setStep(wire::UpgradeStep::ANNOUNCED);
    out.setNode(ask.origin.value);
  });
}

void gate_shell::tell_vote(const gate::statement& vote) {
  auto content = *vote.vote();
  bool is_present = core_ && vote.track < options_.tracks.size() && core_->at(vote.track).state().what() &&
                    gate::is_same(content.getProposal(), core_->at(vote.track).state().what()->id());
  if (!is_present)
    return;
  tell([&](wire::UpgradeEvent::Builder out) {
    out.setId(to_hex(gate::digest_of(content.getProposal())));
    out.setTrack(options_.tracks[vote.track]);
    out.setStep(wire::UpgradeStep::VOTED);
    out.setNode(vote.origin.value);
    out.setStage(content.getStage());
    out.setVerdict(content.getVerdict());
    if (auto reasons = content.getReasons(); reasons.size() > 0)
      out.setReason(std::string{reasons[0].getMetric().cStr()} + (reasons[0].getMetric().size() > 0 ? ": " : "") +
                    reasons[0].getText().cStr());
  });
}

} // namespace hive
