#include "actors/hive/link/card.hpp"

#include "messages/change.hpp"

namespace hive {
namespace {

capnp::Data::Reader as_data(const std::string& bytes) {
  return {reinterpret_cast<const kj::byte*>(bytes.data()), bytes.size()};
}

} // namespace

caf::expected<msg<wire::NodeCard>> make_card(const msg<wire::NodeCard>& about, const std::string& address,
                                             const node_identity& identity, const std::optional<credentials>& shown,
                                             int64_t now_unix_micros) {
  std::string admission;
  if (shown) {
    auto signature = shown->sign_admission(identity.id);
    if (!signature)
      return signature.error();
    admission = std::move(*signature);
  }
  return changed(about, [&](wire::NodeCard::Builder out) {
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
    const auto& key = identity.keys.public_part();
    out.setPublicKey({key.data(), key.size()});
    out.setEpoch(identity.epoch);
    out.setCard(*card);
  });
}

} // namespace hive
