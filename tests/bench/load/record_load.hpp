#pragma once

#include "platform/endpoint.hpp"

#include <filesystem>
#include <functional>
#include <string>

namespace hive::load {

/// Task records to send to a node.
struct record_plan {
  uint64_t records = 0;
  size_t outstanding = 1;
  size_t clients = 1; ///< that share them, where clients join records
};

/// All of these return the seconds until all records were acknowledged. One record a request, over HTTP.
double record_over_http(const endpoint& http, const record_plan& plan);

/// Over HTTP, as clients that join the records of their callers: one body at a time from each client, with a record of
/// each of its callers.
double record_joined_over_http(const endpoint& http, const record_plan& plan);

/// From actors of engines, who have so many records outstanding among them. `tls` may be empty.
double record_from_actors(const std::string& door, const std::filesystem::path& tls, const record_plan& plan);

/// From so many threads of one engine, each of which waits for its record.
double record_from_threads(const std::string& door, const std::filesystem::path& tls, const record_plan& plan);

/// Seconds in which RocksDB alone writes what the tracker would, in batches as large as the number outstanding.
double record_raw(const record_plan& plan);

} // namespace hive::load
