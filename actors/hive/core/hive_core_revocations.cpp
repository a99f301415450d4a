#include "actors/hive/core/hive_core.hpp"
#include "storage/hive_store.hpp"

#include <algorithm>

// What a CA takes back: certificates, and nodes that it forgets. Its list is no slot, since no node writes it: it is
// ordered by its CRL number and proven by the CA's signature. Each message about roots says which lists its sender
// knows, and the other side answers with newer ones. A new list goes to all linked nodes at once.

namespace hive {
namespace {

/// Lists in one message; the others follow in the next.
constexpr size_t max_lists_per_message = 2;

std::string describe(const revocation_list& list) {
  return "list " + std::to_string(list.number()) + " of the CA " + list.issuer().name();
}

std::string_view as_text(capnp::Data::Reader bytes) {
  return {reinterpret_cast<const char*>(bytes.begin()), bytes.size()};
}

} // namespace

std::vector<std::string> keys_of(const std::vector<certificate>& trusted) {
  std::vector<std::string> out;
  for (const auto& ca : trusted)
    out.push_back(ca.key_fingerprint());
  return out;
}

// -- where lists come from -------------------------------------------------------

caf::error hive_core::restore(wire::StoredRevocationList::Reader stored) {
  auto list = revocation_list::check(as_text(stored.getList()), options_.trusted);
  if (list)
    revoked_.add(*list);
  else if (code_of(list.error()) != ec::not_found && code_of(list.error()) != ec::integrity_violated)
    return fail(ec::corrupt, "a stored revocation list cannot be read: " + text_of(list.error()));
  return caf::none;
}

/// All lists of a text or none.
caf::expected<std::vector<revocation_list>> hive_core::judge(const revocations_given& given) const {
  if (options_.trusted.empty())
    return fail(ec::unsupported, "this node has no certificates (door.tls), and so no CA whose list it could check");
  auto lists = revocation_list::check_pem(given.text, given.source, options_.trusted);
  if (!lists) {
    auto code = code_of(lists.error());
    bool is_foreign = code == ec::integrity_violated || code == ec::not_found; // the text is at fault, not this node
    return fail(is_foreign ? ec::invalid : code, text_of(lists.error()));
  }
  for (const auto& list : *lists) {
    const auto* held = revoked_.list_of(list.ca());
    if (held && list.number() < held->number())
      return fail(ec::conflict, given.source + ": " + describe(list) + " is older than list " +
                                  std::to_string(held->number()) + ", which this node has");
    if (held && list.number() == held->number() && !(list.content() == held->content()))
      return fail(ec::conflict, given.source + ": " + describe(list) +
                                  " has the number of the one that this node has, and other content: the CA has signed "
                                  "two. Take the list from the node (GET /api/v1/hive/revocations) and revoke again");
    for (const auto& id : list.content().nodes)
      if (!revoked_.forgets(id) && membership_.state_of(id) == member_state::ACTIVE)
        return fail(ec::conflict, given.source + ": " + describe(list) + " forgets node " + id.value +
                                    ", which is active: stop it first");
  }
  return lists;
}

void hive_core::on(const revocations_given& given) {
  auto lists = judge(given);
  bool is_news = false;
  if (lists)
    for (const auto& list : *lists)
      is_news |= adopt(list);
  out_.given = std::move(lists);
  if (is_news)
    enforce_revocations();
}

void hive_core::hear_revocations(const node_id& from,
                                 capnp::List<wire::KnownRevocations, capnp::Kind::STRUCT>::Reader known,
                                 capnp::List<wire::RevocationList, capnp::Kind::STRUCT>::Reader lists) {
  if (options_.trusted.empty())
    return;
  auto numbers = gossip::revocations_of(known);
  if (!numbers)
    return warn_limited("Malformed revocation state: " + text_of(numbers.error()) + " node=" + from.value);
  if (auto found = peers_.find(from); found != peers_.end())
    for (const auto& [ca, number] : *numbers)
      if (std::ranges::find(trusted_keys_, ca) != trusted_keys_.end())
        found->second.lists_known[ca] = number;
  bool is_news = false;
  for (auto each : lists) {
    auto list = revocation_list::check(as_text(each.getList()), options_.trusted);
    if (list)
      is_news |= adopt(*list);
    else if (code_of(list.error()) != ec::not_found) // a CA that only the sender trusts
      warn_limited("Revocation list rejected: " + text_of(list.error()) + " sender=" + from.value);
  }
  if (is_news)
    enforce_revocations();
}

// -- what they do ----------------------------------------------------------------

bool hive_core::adopt(const revocation_list& list) {
  if (!revoked_.add(list))
    return false;
  log(log::level::warning, "Revocation " + describe(list) +
                             " is in force certificates=" + std::to_string(list.content().serials.size()) +
                             " nodes=" + std::to_string(list.content().nodes.size()));
  store_revocations();
  return true;
}

void hive_core::store_revocations() {
  write_set writes;
  for (const auto& [ca, list] : revoked_.lists())
    hive_store::put_revocations(writes, ca, list.der());
  if (!writes.empty())
    out_.to_store.push_back({store_purpose::revoked, std::move(writes), 0});
}

void hive_core::enforce_revocations() {
  out_.revoked = revoked_;
  std::set<node_id> forgotten;
  for (const auto& [ca, list] : revoked_.lists())
    forgotten.insert(list.content().nodes.begin(), list.content().nodes.end());
  replica_.bar(std::move(forgotten));
  forget_nodes();
  for (auto& [id, shown] : certificates_) {
    auto before = std::exchange(shown.why_revoked, revoked_.why_revoked(shown.cert));
    if (shown.why_revoked.empty() || !before.empty())
      continue;
    bool is_self = id == replica_.own_id();
    log(is_self ? log::level::error : log::level::warning,
        is_self ? "No other node makes links with this one: " + shown.why_revoked
                : "A node's certificate is revoked: " + shown.why_revoked + " node=" + id.value);
    auto found = peers_.find(id);
    if (!is_self && has_door_ && (found == peers_.end() || !found->second.linked))
      out_.to_door.emplace_back(close_link{id}); // stops dialling it
  }
  if (revoked_.forgets(replica_.own_id()))
    log(log::level::error, "This node is forgotten by its CA: no other node makes links with it. To bring the machine "
                           "back, start it on an empty data directory, with a new certificate");
  for (auto& [id, entry] : peers_)
    advance(id, entry);
}

void hive_core::keep_certificate(const node_id& origin, wire::NodeCard::Reader card) {
  auto cert = card.hasAdmission() ? certificate::from_der(as_text(card.getAdmission().getCertificate()))
                                  : fail(ec::no_data, "no certificate");
  if (!cert) {
    certificates_.erase(origin);
    return;
  }
  certificates_.insert_or_assign(
    origin, card_certificate{*cert, cert->serial(), cert->key_fingerprint(), revoked_.why_revoked(*cert)});
}

bool hive_core::is_revoked(const node_id& node) const {
  auto found = certificates_.find(node);
  return found != certificates_.end() && !found->second.why_revoked.empty();
}

// -- other CAs -------------------------------------------------------------------

void hive_core::on(trust_renewed what) {
  options_.trusted = std::move(what.trusted);
  trusted_keys_ = keys_of(options_.trusted);
  options_.certificates = std::move(what.dates);
  expiry_ = expiry_watch{options_.certificates->watched};
  replica_.admit_by(std::move(what.admit));
  forget_nodes();
  revoked_.keep_only(options_.trusted);
  for (auto& [id, entry] : peers_)
    entry.lists_named = false;
  enforce_revocations();
}

// -- how they spread -------------------------------------------------------------

bool hive_core::lacks_lists(const peer& to) const {
  return std::ranges::any_of(revoked_.lists(), [&](const auto& each) {
    auto known = to.lists_known.find(each.first), told = to.lists_told.find(each.first);
    return known != to.lists_known.end() && known->second < each.second.number() &&
           (told == to.lists_told.end() || told->second < each.second.number());
  });
}

/// Without any list, one exchange per link sends the numbers: a node that gets a list pushes it to the linked nodes
/// that have none. With a list, every exchange sends them.
void hive_core::add_revocations(peer& to, gossip::contents& into) {
  bool is_any_known =
    !revoked_.lists().empty() || std::ranges::any_of(to.lists_known, [](const auto& each) { return each.second > 0; });
  if (std::exchange(to.lists_named, true) && !is_any_known)
    return;
  for (const auto& key : trusted_keys_) {
    into.revocations.push_back({key, revoked_.number_of(key)});
    const auto* list = revoked_.list_of(key);
    auto known = to.lists_known.find(key);
    if (!list || known == to.lists_known.end() || known->second >= list->number() ||
        to.lists_told[key] >= list->number() || into.lists.size() == max_lists_per_message)
      continue;
    into.lists.push_back(list->der());
    to.lists_told[key] = list->number();
  }
}

msg<wire::HeldRevocations> hive_core::held_revocations() const {
  return msg<wire::HeldRevocations>::build([&](wire::HeldRevocations::Builder out) {
    auto lists = out.initLists(static_cast<uint32_t>(options_.trusted.size()));
    for (uint32_t i = 0; i < lists.size(); ++i) {
      const auto& key = trusted_keys_[i];
      lists[i].setCa(key);
      lists[i].setName(options_.trusted[i].name());
      if (const auto* list = revoked_.list_of(key)) {
        lists[i].setNumber(list->number());
        lists[i].setCertificates(static_cast<uint32_t>(list->content().serials.size()));
        lists[i].setNodes(static_cast<uint32_t>(list->content().nodes.size()));
        lists[i].setList(list->pem());
      }
    }
  });
}

} // namespace hive
