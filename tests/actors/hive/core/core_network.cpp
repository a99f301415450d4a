#include "tests/actors/hive/core/core_network.hpp"

#include "storage/keys.hpp"

namespace hive {
namespace {

using std::chrono::microseconds;

msg<wire::Hello> hello_of(const key_pair& keys, uint64_t epoch, size_t number) {
  return msg<wire::Hello>::build([&](wire::Hello::Builder out) {
    auto open = keys.public_part();
    out.setNode(node_id_of(open).value);
    out.setPublicKey({open.data(), open.size()});
    out.setEpoch(epoch);
    auto card = out.initCard();
    card.setName("node" + std::to_string(number));
    card.setDoor("10.0.0.1:" + std::to_string(number + 1));
    card.setWrittenAt(test_now);
  });
}

/// The question without the fields that earlier versions do not know.
msg<wire::GossipQuestion> as_earlier_version(wire::GossipQuestion::Reader question) {
  return msg<wire::GossipQuestion>::build([&](wire::GossipQuestion::Builder out) {
    out.setRoot(question.getRoot());
    if (question.hasDigest())
      out.setDigest(question.getDigest());
    if (question.hasDelta())
      out.setDelta(question.getDelta());
    if (question.hasClaims())
      out.setClaims(question.getClaims());
    out.setAsksWhoLives(question.getAsksWhoLives());
  });
}

} // namespace

core_network::core_network(core_network_options options) : options_{std::move(options)}, random_{options_.seed} {
  nodes_.resize(options_.nodes);
  for (size_t i = 0; i < nodes_.size(); ++i) {
    nodes_[i].keys = keys_of(1'000 + i);
    nodes_[i].id = id_of(nodes_[i].keys);
    by_id_[nodes_[i].id] = i;
  }
  for (size_t i = 0; i < nodes_.size(); ++i)
    start(i);
}

// -- time ------------------------------------------------------------------------

void core_network::after(microseconds time, std::function<void()> what) {
  queue_.push({now_.steady + time, ++order_, std::move(what)});
}

void core_network::after(size_t node, microseconds time, std::function<void()> what) {
  after(time, [this, node, life = nodes_[node].life, what = std::move(what)] {
    if (nodes_[node].life == life && nodes_[node].core)
      what();
  });
}

std::optional<microseconds> core_network::run_until(const std::function<bool()>& condition, microseconds at_most) {
  auto begin = now_.steady;
  while (!condition()) {
    if (queue_.empty() || queue_.top().when > begin + at_most)
      return std::nullopt;
    auto next = queue_.top();
    queue_.pop();
    now_.unix_micros += std::chrono::duration_cast<microseconds>(next.when - now_.steady).count();
    now_.steady = next.when;
    next.what();
  }
  return std::chrono::duration_cast<microseconds>(now_.steady - begin);
}

void core_network::run(microseconds time) {
  bool over = false;
  after(time, [&over] { over = true; });
  run_until([&over] { return over; }, time);
}

microseconds core_network::travel() {
  std::uniform_int_distribution<int64_t> latency{options_.min_latency.count(), options_.max_latency.count()};
  microseconds out{latency(random_)};
  constexpr microseconds most = std::chrono::seconds{1};
  for (auto again = options_.retransmit; std::uniform_real_distribution{}(random_) < options_.loss;
       again = std::min(2 * again, most))
    out += again;
  return out;
}

// -- nodes -----------------------------------------------------------------------

void core_network::start(size_t number) {
  auto& node = nodes_[number];
  ++node.life;
  hive_core_options options;
  options.keys = node.keys;
  options.epoch = ++node.disk.epoch;
  options.run = random_() % max_run + 1;
  options.hears = options.epoch > 1;
  options.joins = number > 0;
  options.told = std::exchange(node.noted, std::nullopt);
  options.gossip = options_.gossip;
  options.overlay = options_.overlay;
  options.self = hello_of(node.keys, node.disk.epoch, number);
  options.admit = admit_everybody;
  options.topics = options_.topics;
  if (options_.adjust)
    options_.adjust(options);
  ASSERT_FALSE(options.validate());
  node.core = std::make_unique<hive_core>(options, now_);
  for (const auto& [key, value] : node.disk.slots)
    ASSERT_FALSE(node.core->restore(**msg<wire::StoredSlot>::load(value)));
  for (const auto& [key, value] : node.disk.proofs)
    ASSERT_FALSE(node.core->restore(**msg<wire::EquivocationProof>::load(value),
                                    key.starts_with(keys::contradiction_proofs()) ? quarantine::kind::contradiction
                                                                                  : quarantine::kind::equivocation));
  for (const auto& [key, value] : node.disk.revocations)
    ASSERT_FALSE(node.core->restore(**msg<wire::StoredRevocationList>::load(value)));
  carry_out(number, node.core->begin(now_));
  step(number, door_opened{{}, options.self});
  // Nodes start at any time within a round.
  repeat(number, options_.gossip.interval, round_due{});
  repeat(number, options.membership.tick, pulse_due{});
  if (number > 0) // as `join` in the configuration does
    after(number, travel(), [this, number] { dial(number, 0, true); });
}

void core_network::repeat(size_t node, microseconds interval, core_event event) {
  auto again = std::make_shared<std::function<void()>>();
  *again = [this, node, interval, event, weak = std::weak_ptr{again}] {
    step(node, event);
    if (auto self = weak.lock())
      after(node, interval, [self] { (*self)(); });
  };
  microseconds first{std::uniform_int_distribution<int64_t>{0, interval.count()}(random_)};
  after(node, first, [again] { (*again)(); });
}

void core_network::kill(size_t number) {
  auto& node = nodes_[number];
  node.core.reset();
  ++node.life;
  node.wanted.clear();
  for (auto other : std::set{node.links})
    end_link(number, other, "the connection was reset", false);
}

void core_network::partition(std::vector<std::set<size_t>> groups) {
  groups_ = std::move(groups);
  for (size_t a = 0; a < nodes_.size(); ++a)
    for (auto b : std::set{nodes_[a].links})
      if (!can_reach(a, b))
        end_link(a, b, "it was silent for 2 s", false);
}

bool core_network::can_reach(size_t a, size_t b) const {
  return groups_.empty() ||
         std::ranges::any_of(groups_, [&](const auto& group) { return group.contains(a) && group.contains(b); });
}

size_t core_network::index_of(const node_id& id) const {
  return by_id_.at(id);
}

void core_network::publish(size_t node, publish_slots what) {
  step(node, std::move(what));
}

caf::error core_network::give_revocations(size_t node, const std::string& pem) {
  auto out = nodes_[node].core->step(revocations_given{pem, "the test"}, now_);
  auto given = out.given.value();
  carry_out(node, std::move(out));
  return given ? caf::error{} : given.error();
}

void core_network::order_readers(size_t node, slot_readers who) {
  step(node, std::move(who));
}

bool core_network::agree() const {
  const hive_core* first = nullptr;
  for (const auto& each : nodes_) {
    if (!each.core)
      continue;
    if (first && each.core->held().root() != first->held().root())
      return false;
    first = each.core.get();
  }
  return true;
}

bool core_network::all_know_all() const {
  return std::ranges::all_of(
    nodes_, [this](const auto& each) { return !each.core || each.core->held().origin_count() == nodes_.size(); });
}

bool core_network::all_have(size_t writer, const slot_name& name) const {
  auto newest = nodes_[writer].core->held().find(nodes_[writer].id, name);
  return newest && std::ranges::all_of(nodes_, [&](const auto& each) {
           auto held = each.core ? each.core->held().find(nodes_[writer].id, name) : newest;
           return held && held->stamp == newest->stamp;
         });
}

// -- what a core asks for --------------------------------------------------------

void core_network::step(size_t node, core_event event) {
  if (nodes_[node].core)
    carry_out(node, nodes_[node].core->step(std::move(event), now_));
}

void core_network::ask_as(const node_id& stranger, size_t node, const msg<wire::GossipQuestion>& question) {
  step(node, question_received{stranger, over_the_wire(question)});
}

void core_network::carry_out(size_t node, core_output out) {
  if (out.to_note)
    nodes_[node].noted = out.to_note;
  if (out.revoked) // as the door does
    for (auto other : std::set{nodes_[node].links})
      if (out.revoked->forgets(nodes_[other].id))
        end_link(node, other, "its CA has forgotten it", false);
  for (auto& order : out.to_store)
    store(node, std::move(order));
  std::ranges::move(out.to_publish, std::back_inserter(nodes_[node].delivered));
  for (const auto& order : out.to_door) {
    if (auto* maintained = std::get_if<maintain_link>(&order)) {
      nodes_[node].wanted.insert(index_of(maintained->node));
      dial(node, index_of(maintained->node), true);
    } else if (auto* once = std::get_if<open_link>(&order)) {
      dial(node, index_of(once->node), false);
    } else {
      const auto& close = std::get<close_link>(order);
      nodes_[node].wanted.erase(index_of(close.node));
      end_link(node, index_of(close.node), "this node has links enough", true);
    }
  }
  for (const auto& next : out.to_send)
    ask(node, index_of(next.to), next.question);
  if (out.wake_at)
    after(node, std::chrono::duration_cast<microseconds>(*out.wake_at - now_.steady) + microseconds{1},
          [this, node] { step(node, wake_due{}); });
}

void core_network::watch_epochs(size_t node, const store_order& order) {
  if (order.purpose != store_purpose::own_slots)
    return;
  auto stored = msg<wire::StoredSlot>::load(order.writes.writes().front().value);
  auto [known, is_new] = nodes_[node].signed_epochs.try_emplace((*stored)->getSlot().getEpoch(), nodes_[node].life);
  if (std::exchange(known->second, nodes_[node].life) != nodes_[node].life)
    ++epochs_used_twice_;
}

void core_network::store(size_t node, store_order order) {
  watch_epochs(node, order);
  after(node, options_.disk, [this, node, order = std::move(order)] {
    for (const auto& write : order.writes.writes()) {
      bool is_slot = write.key.starts_with(keys::hive_slots());
      auto& disk = is_slot                                           ? nodes_[node].disk.slots
                   : write.key.starts_with(keys::revocation_lists()) ? nodes_[node].disk.revocations
                                                                     : nodes_[node].disk.proofs;
      if (write.what == write_set::action::put)
        disk[write.key] = write.value;
      else if (write.what == write_set::action::erase)
        disk.erase(write.key);
      else
        disk.erase(disk.lower_bound(write.key), disk.lower_bound(write.value));
    }
    if (order.purpose == store_purpose::epoch)
      nodes_[node].disk.epoch = std::max(order.epoch, nodes_[node].disk.epoch + 1);
    step(node, store_done{order.purpose, {}, nodes_[node].disk.epoch});
  });
}

/// A question lost with its link fails, as CAF reports it when the other node is gone.
void core_network::ask(size_t from, size_t to, const msg<wire::GossipQuestion>& question) {
  auto sent = question.bytes().size();
  ++sent_.messages;
  sent_.bytes += sent;
  auto asked_at = now_.steady;
  auto report = [this, from, to, asked_at, sent](caf::expected<msg<wire::GossipAnswer>> answer) {
    auto took = std::chrono::duration_cast<microseconds>(now_.steady - asked_at);
    step(from, answer_received{nodes_[to].id, std::move(answer), took, sent});
  };
  auto asker = nodes_[from].life;
  after(travel(), [this, from, to, question, report, asker] {
    if (nodes_[from].life != asker || !nodes_[from].links.contains(to))
      return; // the request failed already when the link was lost
    bool is_earlier = options_.knows_pushes && !options_.knows_pushes(to);
    auto heard = is_earlier ? as_earlier_version(*question) : over_the_wire(question);
    auto out = nodes_[to].core->step(question_received{nodes_[from].id, heard}, now_);
    auto answer = out.answer.value();
    carry_out(to, std::move(out));
    if (answer) {
      ++sent_.messages;
      sent_.bytes += answer->bytes().size();
    }
    after(from, travel(), [this, from, to, report, answer] {
      if (nodes_[from].links.contains(to))
        report(answer ? caf::expected{over_the_wire(*answer)} : answer);
    });
  });
}

// -- links -----------------------------------------------------------------------

/// Like the door: the node with the lower id keeps dialling, and redials a lost link after a while.
void core_network::dial(size_t from, size_t to, bool keep) {
  if (from == to || nodes_[from].links.contains(to))
    return;
  if (keep && to != 0 && nodes_[to].id < nodes_[from].id)
    return;
  after(from, travel(), [this, from, to, keep] {
    if (nodes_[from].links.contains(to))
      return;
    if (!nodes_[to].core || !can_reach(from, to)) {
      if (!keep)
        step(from, dial_failed{nodes_[to].id, "connection refused"});
      else
        after(from, std::chrono::seconds{1}, [this, from, to] {
          if (to == 0 || nodes_[from].wanted.contains(to))
            dial(from, to, true);
        });
      return;
    }
    if (nodes_[from].core->refuses(nodes_[to].id) || nodes_[to].core->refuses(nodes_[from].id))
      return; // in the handshake
    nodes_[from].links.insert(to);
    nodes_[to].links.insert(from);
    for (auto [a, b] : {std::pair{from, to}, std::pair{to, from}}) {
      auto hello = hello_of(nodes_[b].keys, nodes_[b].disk.epoch, b);
      step(a, link_offer{nodes_[b].id, hello});
      step(a, link_up{nodes_[b].id, hello, {}});
    }
  });
}

void core_network::end_link(size_t a, size_t b, const std::string& why, bool agreed) {
  if (nodes_[a].links.erase(b) == 0)
    return;
  nodes_[b].links.erase(a);
  for (auto [one, other] : {std::pair{a, b}, std::pair{b, a}}) {
    step(one, link_down{nodes_[other].id, why, agreed});
    if (nodes_[one].wanted.contains(other))
      after(one, std::chrono::milliseconds{200}, [this, one = one, other = other] { dial(one, other, true); });
    else if (nodes_[one].links.empty() && one != 0)
      after(one, std::chrono::milliseconds{200}, [this, one = one] { dial(one, 0, true); });
  }
}

} // namespace hive
