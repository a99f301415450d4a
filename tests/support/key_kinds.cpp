#include "tests/support/key_kinds.hpp"

#include <memory>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdexcept>

namespace hive {

private_key key_of_kind(const std::string& kind) {
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

} // namespace hive
