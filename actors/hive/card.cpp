#include "actors/hive/card.hpp"

namespace hive {
namespace {

capnp::Data::Reader as_data(const std::string& bytes) {
  return {reinterpret_cast<const kj::byte*>(bytes.data()), bytes.size()};
}

} // namespace

caf::expected<msg<wire::NodeCard>> make_card(const node_description& about, const std::string& address,
                                             const node_identity& identity, const std::optional<credentials>& shown,
                                             int64_t now_unix_micros) {
  std::string admission;
  if (shown) {
    auto signature = shown->sign_admission(identity.id);
    if (!signature)
      return signature.error();
    admission = std::move(*signature);
  }
  return msg<wire::NodeCard>::build([&](wire::NodeCard::Builder out) {
    out.setName(about.name);
    out.setTier(about.tier);
    auto labels = out.initLabels(static_cast<uint32_t>(about.labels.size()));
    for (uint32_t i = 0; i < labels.size(); ++i)
      labels.set(i, about.labels[i]);
    auto gpus = out.initGpus(static_cast<uint32_t>(about.gpus.size()));
    for (uint32_t i = 0; i < gpus.size(); ++i) {
      gpus[i].setName(about.gpus[i].name);
      gpus[i].setVramMib(about.gpus[i].vram_mib);
    }
    out.setSoftware(about.software);
    out.setDoor(address);
    out.setWrittenAt(now_unix_micros);
    if (shown) {
      auto admitted = out.initAdmission();
      admitted.setCertificate(as_data(shown->own.cert.der()));
      admitted.setSignature(as_data(admission));
    }
  });
}

msg<wire::Hello> make_hello(const node_identity& identity, certificate_role role, const msg<wire::NodeCard>& card) {
  return msg<wire::Hello>::build([&](wire::Hello::Builder out) {
    out.setRole(role == certificate_role::node ? wire::Role::NODE : wire::Role::ENGINE);
    out.setNode(identity.id.value);
    out.setPublicKey({identity.public_key.data(), identity.public_key.size()});
    out.setEpoch(identity.epoch);
    out.setCard(*card);
  });
}

} // namespace hive
