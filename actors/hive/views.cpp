#include "actors/hive/views.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <iterator>

namespace hive {

caf::error views_options::validate() const {
  if (active < 2 || mesh_limit < active)
    return fail(ec::invalid, "views: active must be at least 2, or the hive falls apart, and mesh_limit no smaller");
  if (passive < active)
    return fail(ec::invalid, "views: passive must be at least as large as active, to replace all links");
  if (passive_hops > join_hops)
    return fail(ec::invalid, "views: passive_hops must not be larger than join_hops");
  return caf::none;
}

views::views(node_id self, uint64_t seed, views_options options)
    : self_{std::move(self)}, options_{options}, random_{seed} {
}

// -- events ----------------------------------------------------------------------

void views::met(const node_id& node) {
  keep_in_mind(node);
}

view_messages views::forget(const node_id& node) {
  view_messages out;
  if (active_.erase(node) > 0)
    out.push_back({node, {kind::DISCONNECT, {}, 0, {}}});
  passive_.erase(node);
  asked_.erase(node);
  return out;
}

view_messages views::join(const node_id& contact) {
  view_messages out;
  if (contact == self_)
    return out;
  keep_in_mind(contact);
  out.push_back({contact, {kind::JOIN, {}, 0, {}}});
  return out;
}

view_messages views::link_lost(const node_id& node) {
  view_messages out;
  asked_.erase(node);
  if (active_.erase(node) == 0)
    return out;
  // It may be back soon; but others go first, as it is in mind no longer than they.
  ask_for_links(out);
  keep_in_mind(node);
  return out;
}

view_messages views::tick() {
  view_messages out;
  asked_.clear();
  while (active_.size() > limit())
    drop_random_link(out);
  ask_for_links(out);
  shuffle(out);
  return out;
}

view_messages views::receive(const node_id& from, const view_message& message) {
  view_messages out;
  if (from == self_)
    return out;
  switch (message.kind) {
  case kind::JOIN:
    on_join(out, from);
    break;
  case kind::FORWARD_JOIN:
    on_forward_join(out, from, message);
    break;
  case kind::NEIGHBOR:
    on_neighbor(out, from, false);
    break;
  case kind::NEIGHBOR_ALWAYS:
    on_neighbor(out, from, true);
    break;
  case kind::ACCEPT:
    // Only what was asked for: an answer that comes late is asked for again.
    if (asked_.erase(from) > 0)
      link(out, from);
    else if (!active_.contains(from))
      out.push_back({from, {kind::DISCONNECT, {}, 0, {}}});
    break;
  case kind::REFUSE:
    asked_.erase(from);
    keep_in_mind(from);
    break;
  case kind::DISCONNECT:
    if (active_.erase(from) > 0)
      keep_in_mind(from);
    break;
  case kind::SHUFFLE:
    on_shuffle(out, from, message);
    break;
  case kind::SHUFFLE_REPLY:
    for (const auto& node : message.sample)
      keep_in_mind(node);
    break;
  }
  return out;
}

std::vector<node_id> views::pick(size_t most) {
  return sample_of(active_, most);
}

// -- links -----------------------------------------------------------------------

void views::link(view_messages& out, const node_id& node) {
  if (active_.contains(node))
    return;
  while (active_.size() >= limit())
    drop_random_link(out);
  passive_.erase(node);
  active_.insert(node);
}

void views::drop_random_link(view_messages& out) {
  auto gone = *random_of(active_);
  active_.erase(gone);
  out.push_back({gone, {kind::DISCONNECT, {}, 0, {}}});
  keep_in_mind(gone);
}

void views::keep_in_mind(const node_id& node) {
  if (node == self_ || node.value.empty() || active_.contains(node) || passive_.contains(node))
    return;
  if (passive_.size() >= std::max(options_.passive, limit()))
    passive_.erase(*random_of(passive_));
  passive_.insert(node);
}

void views::ask_for_links(view_messages& out) {
  auto demand = active_.size() < limit() / 2 ? kind::NEIGHBOR_ALWAYS : kind::NEIGHBOR;
  auto missing = limit() - std::min(limit(), active_.size() + asked_.size());
  for (const auto& node : sample_of(passive_, missing)) {
    if (asked_.insert(node).second)
      out.push_back({node, {demand, {}, 0, {}}});
  }
}

void views::shuffle(view_messages& out) {
  auto* to = random_of(active_);
  if (!to)
    return;
  auto sample = sample_of(active_, options_.shuffle_active);
  std::ranges::copy(sample_of(passive_, options_.shuffle_passive), std::back_inserter(sample));
  out.push_back({*to, {kind::SHUFFLE, self_, options_.join_hops, std::move(sample)}});
}

// -- messages --------------------------------------------------------------------

void views::on_join(view_messages& out, const node_id& node) {
  for (const auto& each : active_)
    if (each != node)
      out.push_back({each, {kind::FORWARD_JOIN, node, options_.join_hops, {}}});
  // The joining node has not asked for this link, so it is asked.
  if (!active_.contains(node) && asked_.insert(node).second)
    out.push_back({node, {kind::NEIGHBOR_ALWAYS, {}, 0, {}}});
}

void views::on_forward_join(view_messages& out, const node_id& from, const view_message& message) {
  const auto& node = message.subject;
  if (node == self_ || node.value.empty())
    return;
  auto hops = std::min(message.hops, options_.join_hops);
  auto* next = hops == 0 ? nullptr : random_of(active_, &from);
  if (hops == options_.passive_hops)
    keep_in_mind(node);
  if (next && *next != node) {
    out.push_back({*next, {kind::FORWARD_JOIN, node, static_cast<uint8_t>(hops - 1), {}}});
  } else if (!active_.contains(node) && asked_.insert(node).second) {
    out.push_back({node, {kind::NEIGHBOR, {}, 0, {}}});
  }
}

void views::on_neighbor(view_messages& out, const node_id& from, bool always) {
  auto answer = kind::REFUSE;
  if (active_.contains(from) || active_.size() < limit() || always) {
    link(out, from);
    asked_.erase(from);
    answer = kind::ACCEPT;
  } else {
    keep_in_mind(from);
  }
  out.push_back({from, {answer, {}, 0, {}}});
}

void views::on_shuffle(view_messages& out, const node_id& from, const view_message& message) {
  auto hops = std::min(message.hops, options_.join_hops);
  auto* next = hops > 1 ? random_of(active_, &from) : nullptr;
  if (next && *next != message.subject) {
    auto passed_on = message;
    passed_on.hops = static_cast<uint8_t>(hops - 1);
    out.push_back({*next, std::move(passed_on)});
    return;
  }
  if (message.subject == self_ || message.subject.value.empty())
    return;
  out.push_back({message.subject, {kind::SHUFFLE_REPLY, {}, 0, sample_of(passive_, message.sample.size())}});
  keep_in_mind(message.subject);
  for (const auto& node : message.sample)
    keep_in_mind(node);
}

// -- chance ----------------------------------------------------------------------

const node_id* views::random_of(const std::set<node_id>& from, const node_id* but) {
  auto count = from.size() - (but && from.contains(*but) ? 1 : 0);
  if (count == 0)
    return nullptr;
  auto place = random_() % count;
  for (const auto& node : from)
    if (!(but && node == *but) && place-- == 0)
      return &node;
  return nullptr;
}

std::vector<node_id> views::sample_of(const std::set<node_id>& from, size_t most) {
  std::vector<node_id> out;
  std::ranges::sample(from, std::back_inserter(out), static_cast<ptrdiff_t>(std::min(most, from.size())), random_);
  std::ranges::shuffle(out, random_);
  return out;
}

// -- wire ------------------------------------------------------------------------

msg<wire::ViewMessage> to_message(const view_message& what) {
  return msg<wire::ViewMessage>::build([&](wire::ViewMessage::Builder out) {
    out.setKind(what.kind);
    if (!what.subject.value.empty())
      out.setSubject(what.subject.value);
    out.setHops(what.hops);
    auto sample = out.initSample(static_cast<uint32_t>(what.sample.size()));
    for (uint32_t i = 0; i < sample.size(); ++i)
      sample.set(i, what.sample[i].value);
  });
}

view_message from_message(wire::ViewMessage::Reader what) {
  auto hops = static_cast<uint8_t>(std::min<uint16_t>(what.getHops(), UINT8_MAX));
  view_message out{what.getKind(), {std::string{as_view(what.getSubject())}}, hops, {}};
  for (auto node : what.getSample())
    if (is_valid_id(as_view(node)))
      out.sample.push_back({std::string{as_view(node)}});
  return out;
}

} // namespace hive
