#include "actors/hive/link/hello.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <sodium.h>

namespace hive {
namespace {

constexpr std::string_view magic = "HIVE";
constexpr size_t length_bytes = 4;
constexpr size_t nonce_bytes = 32;
/// Limits what is read from an unauthenticated peer. The schema's own bounds are smaller.
constexpr uint32_t max_frame_bytes = 81'920;
constexpr size_t max_reason_bytes = 1'024;
/// Prefix of everything signed here, so that a signature made for another purpose is never valid.
constexpr std::string_view purpose = "hivemark hello 1";

capnp::Data::Reader as_data(std::string_view bytes) {
  return {reinterpret_cast<const kj::byte*>(bytes.data()), bytes.size()};
}

std::string_view as_bytes(capnp::Data::Reader data) {
  return {reinterpret_cast<const char*>(data.begin()), data.size()};
}

/// Truncates UTF-8 text, at a character boundary, to the length that an answer may carry.
std::string_view shortened(std::string_view text) {
  auto end = std::min(text.size(), max_reason_bytes);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;
  return text.substr(0, end);
}

/// Makes text from the peer safe for logs and errors: one line of bounded length.
std::string tamed(std::string_view text) {
  std::string out{shortened(text)};
  std::replace_if(
    out.begin(), out.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, '?');
  return out;
}

std::string text_of(const hello_versions& versions) {
  auto min = std::to_string(versions.min), max = std::to_string(versions.max);
  return min == max ? "version " + min : "versions " + min + " to " + max;
}

/// One handshake over a channel.
class handshake {
public:
  handshake(channel& to, channel_side side, const hello_sender& self, deadline until)
      : to_{to}, side_{side}, self_{self}, until_{until} {
    crypto_generichash_init(&transcript_, nullptr, 0, crypto_generichash_BYTES);
    add_to_transcript(purpose);
  }

  /// The peer that refused this end, if it gave its id.
  const std::optional<node_id>& refused_by() const {
    return refused_by_;
  }

  caf::expected<verified_peer> run(const admit_function& admit) {
    if (auto err = bind_to_session())
      return err;
    if (auto err = exchange_versions())
      return err;
    return side_ == channel_side::client ? run_client(admit) : run_server(admit);
  }

private:
  caf::expected<verified_peer> run_client(const admit_function& admit) {
    auto own = signed_hello();
    if (auto err = send(own))
      return err;
    auto answer = receive<wire::HelloAnswer>();
    if (!answer)
      return answer.error();
    if (auto err = refusal_in(**answer))
      return err;
    add_to_transcript(own.bytes());
    auto peer = check((*answer)->getHello());
    auto refused = peer ? admit(*peer) : peer.error();
    if (auto err = send(answer_with(refused, {})))
      return err;
    if (refused)
      return refused;
    return peer;
  }

  caf::expected<verified_peer> run_server(const admit_function& admit) {
    auto theirs = receive<wire::SignedHello>();
    if (!theirs)
      return theirs.error();
    auto peer = check(**theirs);
    auto refused = peer ? admit(*peer) : peer.error();
    add_to_transcript(theirs->bytes());
    if (auto err = send(answer_with(refused, refused ? msg<wire::SignedHello>{} : signed_hello())))
      return refused ? refused : err;
    if (refused)
      return refused;
    auto answer = receive<wire::HelloAnswer>();
    if (!answer)
      return answer.error();
    if (auto err = refusal_in(**answer))
      return err;
    return peer;
  }

  caf::error bind_to_session() {
    cert_ = to_.peer_certificate();
    auto binding = to_.session_binding();
    if (cert_ && binding.empty())
      return fail(ec::internal, "the TLS session yields no binding");
    add_to_transcript(binding);
    return caf::none;
  }

  caf::error exchange_versions() {
    auto own = msg<wire::Knock>::build([&](wire::Knock::Builder out) {
      out.setMinVersion(self_.versions.min);
      out.setMaxVersion(self_.versions.max);
      randombytes_buf(out.initNonce(nonce_bytes).begin(), nonce_bytes);
      out.setSoftware(self_.software);
    });
    if (auto err = send(own))
      return err;
    auto theirs = receive<wire::Knock>();
    if (!theirs)
      return theirs.error();
    if ((*theirs)->getNonce().size() != nonce_bytes)
      return fail(ec::malformed, "its nonce is not of 32 bytes");
    bool client = side_ == channel_side::client;
    add_to_transcript(client ? own.bytes() : theirs->bytes());
    add_to_transcript(client ? theirs->bytes() : own.bytes());
    return agree_on_version({(*theirs)->getMinVersion(), (*theirs)->getMaxVersion()},
                            tamed(as_view((*theirs)->getSoftware())));
  }

  caf::error agree_on_version(hello_versions theirs, const std::string& software) {
    version_ = std::min(theirs.max, self_.versions.max);
    if (version_ >= std::max(theirs.min, self_.versions.min))
      return caf::none;
    return fail(ec::unsupported, "it (hived " + software + ") speaks " + text_of(theirs) +
                                   " of the protocol between nodes, this node speaks " + text_of(self_.versions));
  }

  /// What is signed: the purpose, the hash of the transcript so far, and the hello.
  std::string statement(std::string_view hello) const {
    auto so_far = transcript_;
    std::array<unsigned char, crypto_generichash_BYTES> hash{};
    crypto_generichash_final(&so_far, hash.data(), hash.size());
    return std::string{purpose} + std::string{reinterpret_cast<const char*>(hash.data()), hash.size()} +
           std::string{hello};
  }

  msg<wire::SignedHello> signed_hello() const {
    auto hello = self_.hello.bytes();
    auto signature = self_.identity.keys.sign(statement(hello));
    return msg<wire::SignedHello>::build([&](wire::SignedHello::Builder out) {
      out.setHello(as_data(hello));
      out.setSignature({signature.data(), signature.size()});
    });
  }

  caf::expected<verified_peer> check(wire::SignedHello::Reader from) const {
    auto bytes = as_bytes(from.getHello());
    auto hello = msg<wire::Hello>::load(bytes);
    if (!hello)
      return hello.error();
    auto key = (*hello)->getPublicKey();
    auto signature = from.getSignature();
    if (key.size() != std::tuple_size_v<public_key> || signature.size() != std::tuple_size_v<signature_bytes>)
      return fail(ec::malformed, "its key or signature has a wrong length");
    auto id = node_id_of({key.begin(), key.size()});
    if (id.value != as_view((*hello)->getNode()))
      return fail(ec::integrity_violated,
                  "it claims the id " + tamed(as_view((*hello)->getNode())) + ", but its key is that of " + id.value);
    if (!is_signed_by({key.begin(), key.size()}, statement(bytes), {signature.begin(), signature.size()}))
      return fail(ec::integrity_violated, "its signature as " + id.value + " does not match");
    if (auto err = check_role((*hello)->getRole()))
      return err;
    return verified_peer{std::move(*hello), cert_, to_.remote(), version_};
  }

  /// The role that the hello claims must be the role of the certificate.
  caf::error check_role(wire::Role claimed) const {
    if (!cert_)
      return caf::none;
    auto role = cert_->role();
    if (!role)
      return role.error();
    auto wanted = claimed == wire::Role::NODE ? certificate_role::node : certificate_role::engine;
    if (*role == wanted)
      return caf::none;
    return fail(ec::forbidden, "it poses as role " + std::string{to_string(wanted)} + " with the certificate of " +
                                 cert_->name() + ", which is for the role " + std::string{to_string(*role)});
  }

  msg<wire::HelloAnswer> answer_with(const caf::error& refused, const msg<wire::SignedHello>& hello) const {
    return msg<wire::HelloAnswer>::build([&](wire::HelloAnswer::Builder out) {
      out.setAdmitted(!refused);
      out.setNode(self_.identity.id.value);
      if (refused) {
        out.setCode(static_cast<uint8_t>(code_of(refused)));
        auto reason = hive::text_of(refused);
        out.setReason(std::string{shortened(reason)});
      } else if (hello->getHello().size() > 0) {
        out.setHello(*hello);
      }
    });
  }

  caf::error refusal_in(wire::HelloAnswer::Reader answer) {
    if (answer.getAdmitted())
      return caf::none;
    refused_by_ = node_id{std::string{as_view(answer.getNode())}};
    auto code = answer.getCode() < ec_count ? static_cast<ec>(answer.getCode()) : ec::internal;
    return fail(code == ec::none ? ec::forbidden : code,
                "refused by the other end: " + tamed(as_view(answer.getReason())));
  }

  // -- frames: magic, length as 4 bytes little-endian, message -------------------

  template <class T>
  caf::error send(const msg<T>& what) {
    auto size = static_cast<uint32_t>(what.bytes().size());
    std::string frame{magic};
    for (size_t i = 0; i < length_bytes; ++i)
      frame += static_cast<char>(size >> (8 * i));
    return to_.write(frame.append(what.bytes()), until_);
  }

  template <class T>
  caf::expected<msg<T>> receive() {
    auto header = to_.read(magic.size() + length_bytes, until_);
    if (!header)
      return header.error();
    if (!header->starts_with(magic))
      return fail(ec::malformed, "it does not speak the protocol between nodes");
    uint32_t size = 0;
    for (size_t i = 0; i < length_bytes; ++i)
      size |= static_cast<uint32_t>(static_cast<unsigned char>((*header)[magic.size() + i])) << (8 * i);
    if (size > max_frame_bytes)
      return fail(ec::too_large, "it sent a message of " + std::to_string(size) + " bytes before being admitted");
    auto body = to_.read(size, until_);
    if (!body)
      return body.error();
    return msg<T>::load(*body);
  }

  void add_to_transcript(std::string_view bytes) {
    auto size = static_cast<uint64_t>(bytes.size()); // length prefix: different transcripts never hash the same bytes
    crypto_generichash_update(&transcript_, reinterpret_cast<const unsigned char*>(&size), sizeof size);
    crypto_generichash_update(&transcript_, bytes_of(bytes), bytes.size());
  }

  channel& to_;
  channel_side side_;
  const hello_sender& self_;
  deadline until_;
  std::optional<certificate> cert_;
  uint16_t version_ = 0;
  std::optional<node_id> refused_by_;
  crypto_generichash_state transcript_{};
};

} // namespace

handshake_result perform_handshake(channel& to, channel_side side, const hello_sender& self,
                                   const admit_function& admit, deadline until) {
  handshake attempt{to, side, self, until};
  auto peer = attempt.run(admit);
  return {std::move(peer), attempt.refused_by()};
}

} // namespace hive
