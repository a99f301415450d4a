#pragma once

#include <array>
#include <span>
#include <string_view>

namespace hive {

using sha256_digest = std::array<unsigned char, 32>;

sha256_digest sha256(std::span<const unsigned char> bytes);
sha256_digest sha256(std::string_view bytes);

} // namespace hive
