#include "platform/identity/certificate_authority.hpp"

#include "messages/ec.hpp"
#include "platform/authority.hpp"
#include "platform/create_file.hpp"
#include "platform/identity/certificate_ledger.hpp"
#include "platform/identity/credentials.hpp"
#include "platform/read_file.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <system_error>
#include <vector>

namespace hive {
namespace {

namespace fs = std::filesystem;

/// Backdates certificates, so that they work at once on machines with slightly slow clocks.
constexpr int64_t clock_slack_s = 300;
constexpr int64_t day_s = 86'400;
/// RFC 5280 allows 20 bytes for a serial number; 16 random ones never collide in practice.
constexpr int serial_bytes = 16;
constexpr long version_3 = 2; // X.509 counts versions from 0

struct extension {
  int nid;
  std::string value;
};

bool set_serial(X509* x509) {
  unsigned char bytes[serial_bytes];
  if (RAND_bytes(bytes, serial_bytes) != 1)
    return false;
  bytes[0] &= 0x7f; // makes the number positive
  std::unique_ptr<BIGNUM, decltype(&BN_free)> number{BN_bin2bn(bytes, serial_bytes, nullptr), BN_free};
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x509));
}

bool set_subject(X509* x509, const std::string& name) {
  auto* subject = X509_get_subject_name(x509);
  auto add = [&](const char* field, const std::string& value) {
    return X509_NAME_add_entry_by_txt(subject, field, MBSTRING_ASC,
                                      reinterpret_cast<const unsigned char*>(value.c_str()), -1, -1, 0) == 1;
  };
  return add("O", "Hivemark") && add("CN", name);
}

bool add_extensions(X509* x509, X509* issuer, const std::vector<extension>& extensions) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, x509, nullptr, nullptr, 0);
  for (const auto& [nid, value] : extensions) {
    std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> made{
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()), X509_EXTENSION_free};
    if (!made || X509_add_ext(x509, made.get(), -1) != 1)
      return false;
  }
  return true;
}

caf::error check(const std::string& name, int64_t not_before, int64_t not_after) {
  if (!is_valid_id(name))
    return fail(ec::invalid, "the name \"" + name + "\" " + std::string{id_rule});
  if (not_after <= not_before)
    return fail(ec::invalid, "the certificate of " + name + " would end before it begins");
  return caf::none;
}

/// Makes a certificate for `key`; self-signed when `issuer` is null.
caf::expected<certificate> make_certificate(const private_key& key, const std::string& name, int64_t not_before,
                                            int64_t not_after, const certified_key* issuer,
                                            const std::vector<extension>& extensions) {
  std::unique_ptr<X509, decltype(&X509_free)> x509{X509_new(), X509_free};
  auto* made = x509.get();
  auto* signer = issuer ? issuer->cert.get() : made;
  auto* signer_key = issuer ? issuer->key.get() : key.get();
  bool good = made && X509_set_version(made, version_3) == 1 && set_serial(made) && set_subject(made, name) &&
              X509_set_issuer_name(made, X509_get_subject_name(signer)) == 1 &&
              ASN1_TIME_set(X509_getm_notBefore(made), not_before) &&
              ASN1_TIME_set(X509_getm_notAfter(made), not_after) && X509_set_pubkey(made, key.get()) == 1 &&
              add_extensions(made, signer, extensions) && X509_sign(made, signer_key, signing_digest(signer_key)) > 0;
  if (!good)
    return fail(ec::internal, "OpenSSL cannot make a certificate: " + take_openssl_error());
  return certificate{made};
}

caf::error make_directory(const fs::path& directory) {
  std::error_code failed;
  fs::create_directories(directory, failed);
  if (failed)
    return fail(ec::unavailable, directory.string() + " cannot be made: " + failed.message());
  return caf::none;
}

struct file_to_write {
  fs::path path;
  std::string text;
  mode_t mode;
};

/// Creates all files or none: an incomplete set is useless.
caf::error create_files(const fs::path& directory, const std::vector<file_to_write>& files) {
  if (auto err = make_directory(directory))
    return err;
  for (size_t i = 0; i < files.size(); ++i) {
    auto err = create_file(directory / files[i].path, files[i].text, files[i].mode);
    if (!err)
      continue;
    std::error_code ignored; // the error that made the set incomplete is reported instead
    for (size_t made = 0; made < i; ++made)
      fs::remove(directory / files[made].path, ignored);
    return err;
  }
  return caf::none;
}

/// Only the file's certificates, without surrounding text.
caf::expected<std::string> trusted_pem(const fs::path& file) {
  auto all = load_certificates(file);
  if (!all)
    return all.error();
  std::string out;
  for (const auto& each : *all)
    out += each.pem();
  return out;
}

constexpr mode_t secret = 0600;
constexpr mode_t open_to_all = 0644;

/// A new certificate with the CAs that its holder trusts.
struct issue {
  certified_key made;
  std::string trusted;
};

/// Issues a certificate and adds it to the ledger. The caller holds the ca_lock.
caf::expected<issue> issue_by(const fs::path& ca_directory, certificate_role role, const std::string& name,
                              uint32_t days, int64_t now, std::vector<std::string> hosts) {
  auto ca = load_certified_key(ca_directory / certificate_files::ca, ca_directory / certificate_files::ca_key);
  if (!ca)
    return ca.error();
  auto trusted = trusted_pem(ca_directory / certificate_files::ca);
  if (!trusted)
    return trusted.error();
  if (ca->cert.not_after() <= now)
    return fail(ec::forbidden, (ca_directory / certificate_files::ca).string() + " has expired");
  auto issued = issue_certificate(
    *ca, {role, name, now - clock_slack_s, std::min(now + days * day_s, ca->cert.not_after()), std::move(hosts)});
  if (!issued)
    return issued.error();
  if (auto failed = append_issued(ca_directory, issued->cert, now))
    return failed;
  return issue{std::move(*issued), std::move(*trusted)};
}

} // namespace

caf::expected<certified_key> make_ca(const std::string& name, int64_t not_before, int64_t not_after,
                                     std::optional<private_key> given) {
  if (auto err = check(name, not_before, not_after))
    return err;
  auto key = given ? caf::expected{*given} : private_key::generate();
  if (!key)
    return key.error();
  auto cert = make_certificate(*key, name, not_before, not_after, nullptr,
                               {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                                {NID_key_usage, "critical,keyCertSign,cRLSign"},
                                {NID_subject_key_identifier, "hash"}});
  if (!cert)
    return cert.error();
  return certified_key{std::move(*cert), std::move(*key)};
}

/// The subject alternative names, as OpenSSL reads them: each host has to be one, for a comma would begin another name.
static caf::expected<std::string> names_of(const certificate_request& request) {
  if (request.hosts.size() > certificate_request::max_hosts)
    return fail(ec::invalid, "a certificate has at most " + std::to_string(certificate_request::max_hosts) + " hosts");
  auto out = "URI:hivemark:role:" + std::string{to_string(request.role)} + ",DNS:" + request.name;
  for (const auto& host : request.hosts) {
    if (host == request.name)
      continue;
    auto bare = authority::bare_host(host);
    auto parsed = bare ? authority::parse(bare->find(':') == bare->npos ? *bare : "[" + *bare + "]") : std::nullopt;
    if (!parsed)
      return fail(ec::invalid, host + " is neither a host name nor an IP address");
    out += (parsed->is_address ? ",IP:" : ",DNS:") + parsed->host;
  }
  return out;
}

caf::expected<certified_key> issue_certificate(const certified_key& ca, const certificate_request& request,
                                               std::optional<private_key> given) {
  if (auto err = check(request.name, request.not_before, request.not_after))
    return err;
  if (request.not_after > ca.cert.not_after())
    return fail(ec::invalid, "the certificate of " + request.name + " would outlive the CA's");
  auto key = given ? caf::expected{*given} : private_key::generate();
  if (!key)
    return key.error();
  // A node dials and is dialled; an engine only dials.
  std::string uses = request.role == certificate_role::node ? "serverAuth,clientAuth" : "clientAuth";
  auto names = names_of(request);
  if (!names)
    return names.error();
  auto cert = make_certificate(*key, request.name, request.not_before, request.not_after, &ca,
                               {{NID_basic_constraints, "critical,CA:FALSE"},
                                {NID_key_usage, "critical,digitalSignature"},
                                {NID_ext_key_usage, "critical," + uses},
                                {NID_subject_key_identifier, "hash"},
                                {NID_authority_key_identifier, "keyid"},
                                {NID_subject_alt_name, *names}});
  if (!cert)
    return cert.error();
  return certified_key{std::move(*cert), std::move(*key)};
}

caf::expected<certified_key> create_ca(const fs::path& directory, const std::string& name, uint32_t days, int64_t now) {
  auto ca = make_ca(name, now - clock_slack_s, now + days * day_s);
  if (!ca)
    return ca.error();
  if (auto err = create_files(directory, {{certificate_files::ca_key, ca->key.pem(), secret},
                                          {certificate_files::ca, ca->cert.pem(), open_to_all}}))
    return err;
  return ca;
}

caf::expected<certified_key> issue_into(const fs::path& ca_directory, const fs::path& directory, certificate_role role,
                                        const std::string& name, uint32_t days, int64_t now,
                                        const std::vector<std::string>& hosts) {
  std::error_code ignored; // create_files reports what is wrong with the directory
  for (const auto* file : {certificate_files::key, certificate_files::certificate, certificate_files::ca})
    if (fs::exists(directory / file, ignored))
      return fail(ec::already_exists, (directory / file).string() + " exists already and is not replaced");
  auto lock = ca_lock::take(ca_directory);
  if (!lock)
    return lock.error();
  auto issued = issue_by(ca_directory, role, name, days, now, hosts);
  if (!issued)
    return issued.error();
  if (auto err = create_files(directory, {{certificate_files::key, issued->made.key.pem(), secret},
                                          {certificate_files::certificate, issued->made.cert.pem(), open_to_all},
                                          {certificate_files::ca, issued->trusted, open_to_all}}))
    return err;
  return std::move(issued->made);
}

caf::expected<certified_key> renew_into(const fs::path& ca_directory, const fs::path& directory, uint32_t days,
                                        int64_t now) {
  auto file = directory / certificate_files::certificate;
  auto before = load_certificates(file);
  if (!before)
    return before.error();
  auto role = before->front().role();
  if (!role)
    return name_file(file, role.error());
  auto lock = ca_lock::take(ca_directory);
  if (!lock)
    return lock.error();
  auto issued = issue_by(ca_directory, *role, before->front().name(), days, now, before->front().hosts());
  if (!issued)
    return issued.error();
  // The certificate last: until it is there, a reader finds a key that does not fit, and another run renews again.
  for (const auto& each : {file_to_write{certificate_files::ca, issued->trusted, open_to_all},
                           file_to_write{certificate_files::key, issued->made.key.pem(), secret},
                           file_to_write{certificate_files::certificate, issued->made.cert.pem(), open_to_all}})
    if (auto failed = replace_file(directory / each.path, each.text, each.mode))
      return failed;
  return std::move(issued->made);
}

} // namespace hive
