#pragma once

#include "platform/endpoint.hpp"

#include <filesystem>
#include <functional>
#include <string>

namespace hive::load {

/// Task records to send to a node, one a request.
struct record_plan {
  uint64_t records = 0;
  size_t outstanding = 1;
  size_t engines = 1; ///< that share them; not for HTTP
};

/// Seconds until all records were acknowledged, over HTTP.
double record_over_http(const endpoint& http, const record_plan& plan);

/// The same from engines, each with as many threads as it has records outstanding. `tls` may be empty.
double record_from_engines(const std::string& door, const std::filesystem::path& tls, const record_plan& plan);

/// Seconds in which RocksDB alone writes what the tracker would, in batches as large as the number outstanding.
double record_raw(const record_plan& plan);

} // namespace hive::load
