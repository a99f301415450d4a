#pragma once

#include "platform/identity/certificate.hpp"

#include <string>

namespace hive {

/// A new private key of this kind: the name of a curve, `RSA-BITS`, `ED25519` or `ED448`.
private_key key_of_kind(const std::string& kind);

/// Kinds of keys that TLS 1.3 accepts in certificates.
inline const std::string tls_key_kinds[] = {"P-256", "P-384", "P-521", "RSA-2048", "RSA-3072", "ED25519", "ED448"};

} // namespace hive
