#include "platform/identity/certificate.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "platform/hex.hpp"
#include "platform/sha256.hpp"

#include <arpa/inet.h>
#include <array>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace hive {
namespace {

constexpr std::string_view role_prefix = "hivemark:role:";

struct closer {
  void operator()(BIO* x) const {
    BIO_free(x);
  }
  void operator()(EVP_MD_CTX* x) const {
    EVP_MD_CTX_free(x);
  }
  void operator()(X509_STORE* x) const {
    X509_STORE_free(x);
  }
  void operator()(X509_STORE_CTX* x) const {
    X509_STORE_CTX_free(x);
  }
  void operator()(GENERAL_NAMES* x) const {
    GENERAL_NAMES_free(x);
  }
};

template <class T>
using handle = std::unique_ptr<T, closer>;

handle<BIO> reader_of(std::string_view text) {
  return handle<BIO>{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

std::string text_in(BIO* memory) {
  char* data = nullptr;
  auto size = BIO_get_mem_data(memory, &data);
  return {data, static_cast<size_t>(size)};
}

std::string_view view(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)), static_cast<size_t>(ASN1_STRING_length(text))};
}

/// Refuses keys with a passphrase; OpenSSL would prompt on the terminal.
int no_passphrase(char*, int, int, void*) {
  return 0;
}

} // namespace

std::string take_openssl_error() {
  std::string out;
  while (auto code = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(code);
    out = reason ? reason : "OpenSSL error " + std::to_string(code);
  }
  return out.empty() ? "no reason given" : out;
}

int64_t seconds_of(const ASN1_TIME* time) {
  tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? timegm(&parts) : 0;
}

std::string serial_text(const ASN1_INTEGER* serial) {
  return to_hex({ASN1_STRING_get0_data(serial), static_cast<size_t>(ASN1_STRING_length(serial))});
}

const EVP_MD* signing_digest(EVP_PKEY* key) {
  constexpr int mandatory = 2; // EVP_PKEY_get_default_digest_name's documented return value
  std::array<char, 64> name{};
  if (EVP_PKEY_get_default_digest_name(key, name.data(), name.size()) != mandatory) {
    ERR_clear_error();
    return EVP_sha256();
  }
  return std::string_view{name.data()} == "UNDEF" ? nullptr : EVP_get_digestbyname(name.data());
}

std::string admission_statement(const node_id& node) {
  return "hivemark admission 1\n" + node.value;
}

std::string_view to_string(certificate_role role) {
  return role == certificate_role::node ? "node" : "engine";
}

// -- certificate ---------------------------------------------------------------

certificate::certificate(X509* x509) {
  X509_up_ref(x509);
  x509_.reset(x509, X509_free);
}

caf::expected<certificate> certificate::from_pem(std::string_view text, const std::string& file) {
  auto bio = reader_of(text);
  std::unique_ptr<X509, decltype(&X509_free)> x509{PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr),
                                                   X509_free};
  if (!x509)
    return fail(ec::malformed, file + " holds no certificate: " + take_openssl_error());
  return certificate{x509.get()};
}

caf::expected<std::vector<certificate>> certificate::all_from_pem(std::string_view text, const std::string& file) {
  auto bio = reader_of(text);
  std::vector<certificate> out;
  while (true) {
    std::unique_ptr<X509, decltype(&X509_free)> x509{PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr),
                                                     X509_free};
    if (x509) {
      out.emplace_back(x509.get());
      continue;
    }
    bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    auto why = take_openssl_error();
    if (out.empty())
      return fail(ec::malformed, file + " holds no certificate: " + why);
    if (!at_end)
      return fail(ec::malformed,
                  "certificate " + std::to_string(out.size() + 1) + " in " + file + " cannot be read: " + why);
    return out;
  }
}

caf::expected<certificate> certificate::from_der(std::string_view bytes) {
  auto* at = bytes_of(bytes);
  std::unique_ptr<X509, decltype(&X509_free)> x509{d2i_X509(nullptr, &at, static_cast<long>(bytes.size())), X509_free};
  if (!x509)
    return fail(ec::malformed, "no certificate: " + take_openssl_error());
  if (at != bytes_of(bytes) + bytes.size())
    return fail(ec::malformed, "bytes follow the certificate");
  return certificate{x509.get()};
}

std::string certificate::pem() const {
  handle<BIO> bio{BIO_new(BIO_s_mem())};
  PEM_write_bio_X509(bio.get(), x509_.get());
  return text_in(bio.get());
}

std::string certificate::der() const {
  handle<BIO> bio{BIO_new(BIO_s_mem())};
  i2d_X509_bio(bio.get(), x509_.get());
  return text_in(bio.get());
}

std::string certificate::name() const {
  auto* subject = X509_get_subject_name(x509_.get());
  int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
    return {};
  auto text = view(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  return is_valid_id(text) ? std::string{text} : std::string{};
}

caf::expected<certificate_role> certificate::role() const {
  handle<GENERAL_NAMES> names{
    static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x509_.get(), NID_subject_alt_name, nullptr, nullptr))};
  std::string found;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    auto* entry = sk_GENERAL_NAME_value(names.get(), i);
    if (entry->type != GEN_URI)
      continue;
    auto uri = view(entry->d.uniformResourceIdentifier);
    if (!uri.starts_with(role_prefix))
      continue;
    if (!found.empty())
      return fail(ec::forbidden, "the certificate has more than one role");
    found = uri.substr(role_prefix.size());
  }
  for (auto role : {certificate_role::node, certificate_role::engine})
    if (found == to_string(role))
      return role;
  if (found.empty())
    return fail(ec::forbidden, "the certificate has no role; hivectl node issue makes one that has");
  return fail(ec::forbidden, "the certificate's role is unknown");
}

std::vector<std::string> certificate::hosts() const {
  handle<GENERAL_NAMES> names{
    static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x509_.get(), NID_subject_alt_name, nullptr, nullptr))};
  std::vector<std::string> out;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    auto* entry = sk_GENERAL_NAME_value(names.get(), i);
    if (entry->type == GEN_DNS)
      out.emplace_back(view(entry->d.dNSName));
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (entry->type == GEN_IPADD) {
      auto bytes = view(entry->d.iPAddress);
      auto family = bytes.size() == sizeof(in_addr) ? AF_INET : AF_INET6;
      if ((family == AF_INET || bytes.size() == sizeof(in6_addr)) &&
          inet_ntop(family, bytes.data(), text.data(), text.size()))
        out.emplace_back(text.data());
    }
  }
  return out;
}

int64_t certificate::not_before() const {
  return seconds_of(X509_get0_notBefore(x509_.get()));
}

int64_t certificate::not_after() const {
  return seconds_of(X509_get0_notAfter(x509_.get()));
}

std::string certificate::serial() const {
  return serial_text(X509_get0_serialNumber(x509_.get()));
}

bool certificate::is_signed_by(const certificate& ca) const {
  auto* key = X509_get0_pubkey(ca.get());
  bool is_signed = key && X509_verify(x509_.get(), key) == 1;
  ERR_clear_error();
  return is_signed;
}

std::string certificate::key_fingerprint() const {
  unsigned char* der = nullptr;
  auto size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509_.get()), &der);
  if (size <= 0)
    return {};
  auto hash = sha256({der, static_cast<size_t>(size)});
  OPENSSL_free(der);
  return to_hex(hash);
}

caf::error certificate::verify_against(const std::vector<certificate>& trusted, int64_t when) const {
  handle<X509_STORE> store{X509_STORE_new()};
  handle<X509_STORE_CTX> context{X509_STORE_CTX_new()};
  bool good = store && context;
  for (const auto& ca : trusted)
    good = good && X509_STORE_add_cert(store.get(), ca.get()) == 1;
  if (!good || X509_STORE_CTX_init(context.get(), store.get(), x509_.get(), nullptr) != 1)
    return fail(ec::internal, "OpenSSL cannot check certificates: " + take_openssl_error());
  X509_STORE_CTX_set_time(context.get(), 0, when);
  if (X509_verify_cert(context.get()) == 1)
    return caf::none;
  ERR_clear_error();
  return fail(ec::forbidden, X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
}

bool certificate::has_signed(std::string_view statement, std::string_view signature) const {
  handle<EVP_MD_CTX> context{EVP_MD_CTX_new()};
  auto* key = X509_get0_pubkey(x509_.get());
  bool good =
    context && key && EVP_DigestVerifyInit(context.get(), nullptr, signing_digest(key), nullptr, key) == 1 &&
    EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(statement), statement.size()) == 1;
  ERR_clear_error(); // a malformed signature leaves errors in OpenSSL's queue
  return good;
}

bool certificate::operator==(const certificate& other) const {
  return X509_cmp(x509_.get(), other.x509_.get()) == 0;
}

// -- private key ---------------------------------------------------------------

private_key::private_key(EVP_PKEY* key) : key_{key, EVP_PKEY_free} {
}

caf::expected<private_key> private_key::generate() {
  auto* key = EVP_EC_gen("P-256");
  if (!key)
    return fail(ec::internal, "OpenSSL cannot make a key: " + take_openssl_error());
  return private_key{key};
}

caf::expected<private_key> private_key::from_pem(std::string_view text, const std::string& file) {
  auto bio = reader_of(text);
  auto* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr);
  if (!key)
    return fail(ec::malformed, file + " holds no private key without passphrase: " + take_openssl_error());
  return private_key{key};
}

std::string private_key::pem() const {
  handle<BIO> bio{BIO_new(BIO_s_secmem())};
  PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return text_in(bio.get());
}

bool private_key::belongs_to(const certificate& cert) const {
  bool same = EVP_PKEY_eq(X509_get0_pubkey(cert.get()), key_.get()) == 1;
  ERR_clear_error();
  return same;
}

caf::expected<std::string> private_key::sign(std::string_view statement) const {
  handle<EVP_MD_CTX> context{EVP_MD_CTX_new()};
  size_t size = 0;
  std::string out;
  if (context && EVP_DigestSignInit(context.get(), nullptr, signing_digest(key_.get()), nullptr, key_.get()) == 1 &&
      EVP_DigestSign(context.get(), nullptr, &size, bytes_of(statement), statement.size()) == 1) {
    out.resize(size);
    if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, bytes_of(statement),
                       statement.size()) == 1) {
      out.resize(size);
      return out;
    }
  }
  return fail(ec::internal, "OpenSSL cannot sign: " + take_openssl_error());
}

} // namespace hive
