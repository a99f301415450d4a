#pragma once

#include "platform/identity/certificate.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdexcept>
#include <string>

namespace hive {

/// A new private key of a kind: the name of a curve, `RSA-BITS`, `ED25519` or `ED448`.
inline private_key key_of_kind(const std::string& kind) {
  EVP_PKEY* made = nullptr;
  if (kind.starts_with("RSA-"))
    made = EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<size_t>(std::stoul(kind.substr(4))));
  else if (kind.starts_with("ED"))
    made = EVP_PKEY_Q_keygen(nullptr, nullptr, kind.c_str());
  else
    made = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", kind.c_str());
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{made, EVP_PKEY_free};
  std::unique_ptr<BIO, decltype(&BIO_free)> bio{BIO_new(BIO_s_mem()), BIO_free};
  if (!key || PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    throw std::runtime_error("no key of the kind " + kind);
  char* text = nullptr;
  auto size = BIO_get_mem_data(bio.get(), &text);
  auto read = private_key::from_pem({text, static_cast<size_t>(size)}, kind);
  if (!read)
    throw std::runtime_error(kind + " cannot be read");
  return *read;
}

/// Kinds of keys that TLS 1.3 takes for certificates.
inline const std::string tls_key_kinds[] = {"P-256", "P-384", "P-521", "RSA-2048", "RSA-3072", "ED25519", "ED448"};

} // namespace hive
