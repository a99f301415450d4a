#include "platform/identity/credentials.hpp"

#include "messages/ec.hpp"
#include "messages/timestamp.hpp"
#include "platform/read_file.hpp"

#include <openssl/x509v3.h>

namespace hive {
namespace {

namespace fs = std::filesystem;

/// A certificate with comments fits; a much longer file is something else.
constexpr size_t max_pem_bytes = 65'536;
constexpr int64_t micros = 1'000'000;

caf::expected<certificate> load_certificate(const fs::path& path) {
  auto text = read_file(path, max_pem_bytes);
  if (!text)
    return text.error();
  return certificate::from_pem(*text, path.string());
}

caf::expected<private_key> load_key(const fs::path& path) {
  auto file = open_regular_file(path);
  if (!file)
    return name_file(path, file.error());
  if ((file->status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return fail(ec::forbidden, path.string() + " is a private key that others may access; run chmod 600 on it");
  auto text = read_all(*file, max_pem_bytes);
  if (!text)
    return name_file(path, text.error());
  return private_key::from_pem(*text, path.string());
}

caf::error check_dates(const certificate& cert, const fs::path& path, int64_t now) {
  if (now >= cert.not_after()) // OpenSSL's rule: expired from this second on
    return fail(ec::forbidden, path.string() + " expired at " + format_iso8601(cert.not_after() * micros));
  if (now < cert.not_before())
    return fail(ec::forbidden, path.string() + " is valid only from " + format_iso8601(cert.not_before() * micros));
  return caf::none;
}

caf::error check_role(const certificate& cert, const fs::path& path, certificate_role wanted) {
  auto role = cert.role();
  if (!role)
    return fail(code_of(role.error()), path.string() + ": " + text_of(role.error()));
  if (*role == wanted)
    return caf::none;
  return fail(ec::forbidden, path.string() + " is for the role " + std::string{to_string(*role)} + ", not " +
                               std::string{to_string(wanted)});
}

} // namespace

caf::expected<std::vector<certificate>> load_certificates(const fs::path& path) {
  auto text = read_file(path, max_pem_bytes);
  if (!text)
    return text.error();
  return certificate::all_from_pem(*text, path.string());
}

const certificate& credentials::issuer() const {
  for (const auto& each : trusted)
    if (X509_check_issued(each.get(), own.cert.get()) == X509_V_OK)
      return each;
  return trusted.front();
}

caf::expected<std::string> credentials::sign_admission(const node_id& node) const {
  return own.key.sign(admission_statement(node));
}

caf::expected<certified_key> load_certified_key(const fs::path& cert_file, const fs::path& key_file) {
  auto cert = load_certificate(cert_file);
  if (!cert)
    return cert.error();
  auto key = load_key(key_file);
  if (!key)
    return key.error();
  if (!key->belongs_to(*cert))
    return fail(ec::forbidden, key_file.string() + " is not the key of " + cert_file.string());
  return certified_key{std::move(*cert), std::move(*key)};
}

caf::expected<credentials> load_credentials(const fs::path& directory, certificate_role role, int64_t now) {
  auto ca_file = directory / certificate_files::ca;
  auto cert_file = directory / certificate_files::certificate;
  auto trusted = load_certificates(ca_file);
  if (!trusted)
    return trusted.error();
  auto own = load_certified_key(cert_file, directory / certificate_files::key);
  if (!own)
    return own.error();
  credentials out{std::move(*trusted), std::move(*own), role};
  for (auto err : {check_dates(out.issuer(), ca_file, now), check_dates(out.own.cert, cert_file, now)})
    if (err)
      return err;
  if (auto err = out.own.cert.verify_against(out.trusted, now))
    return fail(ec::forbidden, cert_file.string() + " was not issued by " +
                                 (out.trusted.size() == 1 ? "the CA" : "a CA") + " in " + ca_file.string() + ": " +
                                 text_of(err));
  if (auto err = check_role(out.own.cert, cert_file, role))
    return err;
  return out;
}

caf::expected<certificate> check_admission(const std::vector<certificate>& trusted, std::string_view certificate_der,
                                           const node_id& node, std::string_view signature, int64_t when) {
  auto cert = certificate::from_der(certificate_der);
  if (!cert)
    return cert.error();
  if (auto err = cert->verify_against(trusted, when))
    return err;
  auto role = cert->role();
  if (!role)
    return role.error();
  if (*role != certificate_role::node)
    return fail(ec::forbidden, "the certificate is an engine's, not a node's");
  if (!cert->has_signed(admission_statement(node), signature))
    return fail(ec::integrity_violated, "the certificate's holder did not admit " + node.value);
  return cert;
}

} // namespace hive
