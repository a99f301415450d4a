#include "platform/identity/revocation_list.hpp"

#include "messages/ec.hpp"
#include "messages/packed.hpp"
#include "messages/revocation.capnp.h"
#include "platform/hex.hpp"

#include <algorithm>
#include <array>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace hive {
namespace {

constexpr size_t key_bytes = 12;
constexpr size_t id_bytes = 16;
constexpr long version_2 = 1; // X.509 counts versions from 0
/// Of the extension with the keys and nodes: a random number below 2.25, the arc for UUIDs, which needs no
/// registration.
constexpr auto blocked_oid = "2.25.132671783005257847736675146722624396138";
/// A list says when the next one is due because RFC 5280 wants it; nothing here reads it.
constexpr int64_t next_update_s = int64_t{3'650} * 86'400;

struct crl_closer {
  void operator()(BIO* x) const {
    BIO_free(x);
  }
  void operator()(X509_CRL* x) const {
    X509_CRL_free(x);
  }
  void operator()(ASN1_STRING* x) const { // also of integers and times
    ASN1_STRING_free(x);
  }
  void operator()(ASN1_OBJECT* x) const {
    ASN1_OBJECT_free(x);
  }
  void operator()(X509_REVOKED* x) const {
    X509_REVOKED_free(x);
  }
  void operator()(X509_EXTENSION* x) const {
    X509_EXTENSION_free(x);
  }
  void operator()(BIGNUM* x) const {
    BN_free(x);
  }
};

template <class T>
using owned = std::unique_ptr<T, crl_closer>;

std::string der_of(X509_CRL* crl) {
  unsigned char* bytes = nullptr;
  auto size = i2d_X509_CRL(crl, &bytes);
  if (size <= 0)
    return {};
  std::string out{reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)};
  OPENSSL_free(bytes);
  return out;
}

owned<ASN1_OBJECT> blocked_object() {
  return owned<ASN1_OBJECT>{OBJ_txt2obj(blocked_oid, 1)};
}

std::string from_hex_text(const std::string& hex) {
  std::string out(hex.size() / 2, '\0');
  return from_hex(hex, {reinterpret_cast<unsigned char*>(out.data()), out.size()}) ? out : std::string{};
}

// -- reading ---------------------------------------------------------------------

caf::expected<uint64_t> number_in(X509_CRL* crl) {
  owned<ASN1_INTEGER> number{static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(crl, NID_crl_number, nullptr, nullptr))};
  uint64_t out = 0;
  if (!number || ASN1_INTEGER_get_uint64(&out, number.get()) != 1 || out == 0) {
    ERR_clear_error();
    return fail(ec::malformed, "the revocation list has no CRL number from 1 to 2^64-1");
  }
  return out;
}

/// A list with an extension that must be understood may mean something else than it seems to, such as a change of
/// another list.
caf::error check_extensions(X509_CRL* crl) {
  if (X509_CRL_get_ext_by_critical(crl, 1, -1) >= 0)
    return fail(ec::unsupported, "the revocation list has a critical extension, which this version does not know");
  return caf::none;
}

caf::error read_blocked(X509_CRL* crl, revocation_content& into) {
  auto object = blocked_object();
  int at = X509_CRL_get_ext_by_OBJ(crl, object.get(), -1);
  if (at < 0)
    return caf::none;
  auto* data = X509_EXTENSION_get_data(X509_CRL_get_ext(crl, at));
  auto blocked = from_packed<wire::BlockedHolders>(
    {reinterpret_cast<const char*>(ASN1_STRING_get0_data(data)), static_cast<size_t>(ASN1_STRING_length(data))});
  if (!blocked)
    return fail(ec::malformed, "the revocation list's extension cannot be read: " + text_of(blocked.error()));
  auto keys = (*blocked)->getKeys(), nodes = (*blocked)->getNodes();
  if (keys.size() % key_bytes != 0 || nodes.size() % id_bytes != 0)
    return fail(ec::malformed, "the revocation list's extension has a wrong length");
  for (size_t i = 0; i < keys.size(); i += key_bytes)
    into.keys.insert(to_hex({keys.begin() + i, key_bytes}));
  for (size_t i = 0; i < nodes.size(); i += id_bytes)
    into.nodes.insert(node_id{to_hex({nodes.begin() + i, id_bytes})});
  return caf::none;
}

void read_serials(X509_CRL* crl, revocation_content& into) {
  auto* entries = X509_CRL_get_REVOKED(crl);
  for (int i = 0; entries && i < sk_X509_REVOKED_num(entries); ++i) {
    auto* entry = sk_X509_REVOKED_value(entries, i);
    into.serials.emplace(serial_text(X509_REVOKED_get0_serialNumber(entry)),
                         seconds_of(X509_REVOKED_get0_revocationDate(entry)));
  }
}

/// The CA whose key signed the list. CAs of one name are told apart by their keys.
caf::expected<certificate> signer_of(X509_CRL* crl, const std::vector<certificate>& trusted) {
  bool is_named = false;
  for (const auto& ca : trusted) {
    if (X509_NAME_cmp(X509_get_subject_name(ca.get()), X509_CRL_get_issuer(crl)) != 0 ||
        (X509_get_key_usage(ca.get()) & KU_CRL_SIGN) == 0)
      continue;
    is_named = true;
    auto* key = X509_get0_pubkey(ca.get());
    if (key && X509_CRL_verify(crl, key) == 1)
      return ca;
    ERR_clear_error();
  }
  if (is_named)
    return fail(ec::integrity_violated, "the revocation list does not bear the signature of a CA in ca.pem");
  return fail(ec::not_found, "the revocation list is of no CA in ca.pem");
}

// -- writing ---------------------------------------------------------------------

bool add_extension(X509_CRL* crl, const revocation_content& what) {
  std::string keys, nodes;
  for (const auto& key : what.keys)
    keys += from_hex_text(key);
  for (const auto& node : what.nodes)
    nodes += from_hex_text(node.value);
  auto packed = to_packed(msg<wire::BlockedHolders>::build([&](wire::BlockedHolders::Builder out) {
    out.setKeys({reinterpret_cast<const kj::byte*>(keys.data()), keys.size()});
    out.setNodes({reinterpret_cast<const kj::byte*>(nodes.data()), nodes.size()});
  }));
  owned<ASN1_OCTET_STRING> value{ASN1_OCTET_STRING_new()};
  auto object = blocked_object();
  if (!value || !object ||
      ASN1_OCTET_STRING_set(value.get(), reinterpret_cast<const unsigned char*>(packed.data()),
                            static_cast<int>(packed.size())) != 1)
    return false;
  owned<X509_EXTENSION> made{X509_EXTENSION_create_by_OBJ(nullptr, object.get(), 0, value.get())};
  return made && X509_CRL_add_ext(crl, made.get(), -1) == 1;
}

bool add_entry(X509_CRL* crl, const std::string& serial, int64_t when) {
  auto bytes = from_hex_text(serial);
  owned<BIGNUM> number{
    BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()), nullptr)};
  owned<X509_REVOKED> entry{X509_REVOKED_new()};
  owned<ASN1_INTEGER> value{number ? BN_to_ASN1_INTEGER(number.get(), nullptr) : nullptr};
  owned<ASN1_TIME> time{ASN1_TIME_set(nullptr, when)};
  if (!entry || !value || !time || X509_REVOKED_set_serialNumber(entry.get(), value.get()) != 1 ||
      X509_REVOKED_set_revocationDate(entry.get(), time.get()) != 1 || X509_CRL_add0_revoked(crl, entry.get()) != 1)
    return false;
  static_cast<void>(entry.release()); // the list owns it now
  return true;
}

bool set_times(X509_CRL* crl, int64_t now) {
  owned<ASN1_TIME> last{ASN1_TIME_set(nullptr, now)}, next{ASN1_TIME_set(nullptr, now + next_update_s)};
  return last && next && X509_CRL_set1_lastUpdate(crl, last.get()) == 1 &&
         X509_CRL_set1_nextUpdate(crl, next.get()) == 1;
}

bool set_number(X509_CRL* crl, uint64_t number) {
  owned<ASN1_INTEGER> value{ASN1_INTEGER_new()};
  return value && ASN1_INTEGER_set_uint64(value.get(), number) == 1 &&
         X509_CRL_add1_ext_i2d(crl, NID_crl_number, value.get(), 0, 0) == 1;
}

bool set_authority(X509_CRL* crl, const certificate& ca) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, ca.get(), nullptr, nullptr, crl, 0);
  owned<X509_EXTENSION> made{X509V3_EXT_conf_nid(nullptr, &context, NID_authority_key_identifier, "keyid")};
  return made && X509_CRL_add_ext(crl, made.get(), -1) == 1;
}

/// PEM has 65 bytes for each 48, and may have a comment.
constexpr size_t max_list_pem_bytes = revocation_list::max_bytes * 3 / 2;

size_t count_of(std::string_view part, std::string_view text) {
  size_t out = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size()))
    ++out;
  return out;
}

std::string too_large(size_t bytes) {
  return "the revocation list has " + std::to_string(bytes) + " bytes, more than " +
         std::to_string(revocation_list::max_bytes);
}

} // namespace

std::string key_prefix(std::string_view key_fingerprint) {
  return std::string{key_fingerprint.substr(0, 2 * key_bytes)};
}

// -- one list ----------------------------------------------------------------------

caf::expected<revocation_list> revocation_list::check(std::string_view der, const std::vector<certificate>& trusted) {
  if (der.size() > max_bytes)
    return fail(ec::too_large, too_large(der.size()));
  const auto* begin = reinterpret_cast<const unsigned char*>(der.data());
  const auto* at = begin;
  owned<X509_CRL> crl{d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size()))};
  if (!crl || at != begin + der.size())
    return fail(ec::malformed, "no X.509 revocation list: " + take_openssl_error());
  auto signer = signer_of(crl.get(), trusted);
  if (!signer)
    return signer.error();
  auto number = number_in(crl.get());
  if (!number)
    return number.error();
  state out{*signer, signer->key_fingerprint(), *number, {}, std::string{der}};
  if (auto unknown = check_extensions(crl.get()))
    return unknown;
  if (auto wrong = read_blocked(crl.get(), out.content))
    return wrong;
  read_serials(crl.get(), out.content);
  return revocation_list{std::move(out)};
}

caf::expected<std::vector<revocation_list>> revocation_list::check_pem(std::string_view text, const std::string& file,
                                                                       const std::vector<certificate>& trusted) {
  auto begins = count_of("-----BEGIN X509 CRL-----", text);
  if (text.size() > max_list_pem_bytes * std::clamp<size_t>(begins, 1, max_lists)) // before anything of it is decoded
    return fail(ec::too_large, file + ": " + too_large(text.size()));
  owned<BIO> bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
  std::vector<revocation_list> out;
  while (true) {
    owned<X509_CRL> crl{PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr)};
    if (!crl) {
      bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
      auto why = take_openssl_error();
      if (at_end && !out.empty())
        return out;
      return fail(ec::malformed, file + " holds " + (out.empty() ? "no" : "a broken") + " revocation list: " + why);
    }
    if (out.size() == max_lists)
      return fail(ec::too_large, file + " holds more than " + std::to_string(max_lists) + " revocation lists");
    auto list = check(der_of(crl.get()), trusted);
    if (!list)
      return fail(code_of(list.error()), file + (out.empty() ? "" : ", list " + std::to_string(out.size() + 1)) + ": " +
                                           text_of(list.error()));
    out.push_back(std::move(*list));
  }
}

caf::expected<revocation_list> revocation_list::sign(const certified_key& ca, uint64_t number,
                                                     const revocation_content& what, int64_t now) {
  owned<X509_CRL> crl{X509_CRL_new()};
  auto* made = crl.get();
  bool good =
    made && X509_CRL_set_version(made, version_2) == 1 &&
    X509_CRL_set_issuer_name(made, X509_get_subject_name(ca.cert.get())) == 1 && set_times(made, now) &&
    set_authority(made, ca.cert) && set_number(made, number) && add_extension(made, what) &&
    std::ranges::all_of(what.serials, [made](const auto& each) { return add_entry(made, each.first, each.second); }) &&
    X509_CRL_sort(made) == 1 && X509_CRL_sign(made, ca.key.get(), signing_digest(ca.key.get())) > 0;
  if (!good)
    return fail(ec::internal, "OpenSSL cannot make a revocation list: " + take_openssl_error());
  auto der = der_of(made);
  if (der.size() > max_bytes)
    return fail(ec::too_large, too_large(der.size()) + ": replace the CA, whose new one begins with an empty list");
  return check(der, {ca.cert});
}

std::string revocation_list::pem() const {
  const auto* at = reinterpret_cast<const unsigned char*>(der().data());
  owned<X509_CRL> crl{d2i_X509_CRL(nullptr, &at, static_cast<long>(der().size()))};
  owned<BIO> bio{BIO_new(BIO_s_mem())};
  PEM_write_bio_X509_CRL(bio.get(), crl.get());
  char* data = nullptr;
  auto size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

// -- the lists of all CAs ----------------------------------------------------------

bool revocations::add(const revocation_list& list) {
  auto [place, is_first] = lists_.try_emplace(list.ca(), list);
  if (is_first)
    return true;
  if (list.number() <= place->second.number())
    return false;
  place->second = list;
  return true;
}

bool revocations::keep_only(const std::vector<certificate>& trusted) {
  std::set<std::string> keys;
  for (const auto& ca : trusted)
    keys.insert(ca.key_fingerprint());
  return std::erase_if(lists_, [&](const auto& each) { return !keys.contains(each.first); }) > 0;
}

uint64_t revocations::number_of(const std::string& ca) const {
  const auto* list = list_of(ca);
  return list ? list->number() : 0;
}

const revocation_list* revocations::list_of(const std::string& ca) const {
  auto found = lists_.find(ca);
  return found == lists_.end() ? nullptr : &found->second;
}

std::string revocations::why_revoked(const certificate& cert) const {
  if (lists_.empty())
    return {};
  auto serial = cert.serial(), key = key_prefix(cert.key_fingerprint());
  for (const auto& [ca, list] : lists_)
    if (list.content().keys.contains(key) ||
        (list.content().serials.contains(serial) && cert.is_signed_by(list.issuer())))
      return "the certificate of " + cert.name() + " with the serial number " + serial + " is revoked by the CA " +
             list.issuer().name() + " in its list " + std::to_string(list.number());
  return {};
}

bool revocations::forgets(const node_id& node) const {
  return std::ranges::any_of(lists_, [&](const auto& each) { return each.second.content().nodes.contains(node); });
}

size_t revocations::forgotten_count() const {
  size_t out = 0;
  for (const auto& [ca, list] : lists_)
    out += list.content().nodes.size();
  return out;
}

} // namespace hive
