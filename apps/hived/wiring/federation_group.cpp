#include "apps/hived/wiring/federation_group.hpp"

#include "actors/engines/load_slots.hpp"
#include "actors/hive/federation/federation.hpp"
#include "actors/hive/link/card.hpp"
#include "actors/hive/link/hello.hpp"
#include "actors/http/hive_routes.hpp"
#include "messages/timestamp.hpp"

#include <caf/all.hpp>

namespace hive {
namespace {

std::string_view as_text(capnp::Data::Reader bytes) {
  return {reinterpret_cast<const char*>(bytes.begin()), bytes.size()};
}

/// The node's hello while it has no door.
msg<wire::Hello> own_hello(const node_context& node) {
  auto card = make_card(describe_node(node), {}, node.identity, std::nullopt, now_unix_micros());
  return make_hello(node.identity, certificate_role::node, card ? *card : msg<wire::NodeCard>{});
}

/// Without certificates, everybody is admitted; only allowed on the loopback.
caf::expected<attested> admit_all(const public_key&, wire::NodeCard::Reader) {
  return attested{};
}

} // namespace

/// A card is judged as of the time it was written: a node's measurements outlive its certificate.
trust_renewed trust_in(const credentials& shown) {
  trust_renewed out;
  out.trusted = shown.trusted;
  out.admit = [trusted = shown.trusted](const public_key& key, wire::NodeCard::Reader card) -> caf::expected<attested> {
    auto shows = card.getAdmission();
    auto cert = check_admission(trusted, as_text(shows.getCertificate()), node_id_of(key),
                                as_text(shows.getSignature()), card.getWrittenAt() / micros_per_s);
    if (!cert)
      return cert.error();
    return attested{cert->key_fingerprint()};
  };
  out.dates.own_from = shown.own.cert.not_before();
  out.dates.own_until = shown.own.cert.not_after();
  out.dates.ca_until = shown.issuer().not_after();
  out.dates.watched = {{"This node's certificate (" + shown.own.cert.name() + ")", out.dates.own_until}};
  for (const auto& ca : shown.trusted)
    out.dates.watched.push_back({"The certificate of the CA " + ca.name(), ca.not_after()});
  return out;
}

std::vector<service> federation_group::services() {
  return {make_service("federation", federation, [this] { return start(); })};
}

std::vector<http::route> federation_group::routes() const {
  return http::hive_routes(federation, tracker_.publisher);
}

caf::expected<federation_actor> federation_group::start() {
  if (federation)
    if (auto failure = base_.begin_next_epoch())
      return failure;
  return spawn_federation(node_.system, {node_.db, base_.committer, base_.events, all_topics()},
                          {describe_core(), node_.config.run_directory, node_.trust});
}

/// Adds the topic of the load, which no earlier group has: the spawner, which starts later, publishes the load.
std::vector<slot_topic> federation_group::all_topics() const {
  auto out = gather(before_, &service_group::topics);
  out.push_back({load_rules()});
  return out;
}

hive_core_options federation_group::describe_core() const {
  hive_core_options out;
  out.keys = node_.identity.keys;
  out.epoch = node_.identity.epoch;
  out.admit = admit_all;
  // At the first start the node's key is new; without a door nobody tells it anything.
  out.hears = node_.config.door.listen && out.epoch > 1;
  out.joins = !node_.config.door.join.empty();
  out.gossip = node_.config.gossip;
  out.overlay = node_.config.overlay;
  out.self = own_hello(node_);
  if (auto shown = node_.shown->get()) {
    auto trust = trust_in(*shown);
    out.admit = std::move(trust.admit);
    out.trusted = std::move(trust.trusted);
    out.certificates = std::move(trust.dates);
  }
  return out;
}

} // namespace hive
