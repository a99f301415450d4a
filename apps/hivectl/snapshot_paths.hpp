#pragma once

#include "platform/http_client.hpp"

#include <cstdint>
#include <string>

namespace hive::ctl {

/// Path of a version's snapshot below /api/v1.
inline std::string snapshot_path(const std::string& version) {
  return "/snapshots/" + http::url_encode(version);
}

/// Path of all captures of a version.
inline std::string captures_path(const std::string& version) {
  return snapshot_path(version) + "/captures";
}

/// Path of one capture of a version.
inline std::string capture_path(const std::string& version, uint64_t number) {
  return captures_path(version) + "/" + std::to_string(number);
}

} // namespace hive::ctl
