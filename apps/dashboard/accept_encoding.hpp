#pragma once

#include <string_view>

namespace hive {

/// Whether a client with this Accept-Encoding field takes gzip (RFC 9110, 12.5.3). One without the field is given plain
/// content, which all understand.
bool accepts_gzip(std::string_view accept_encoding);

} // namespace hive
