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
};

/// All of these return the seconds until all records were acknowledged. One record a request, over HTTP.
double record_over_http(const endpoint& http, const record_plan& plan);

/// Over HTTP, as a client that joins the records of its callers: one body at a time, with a record of each of them.
double record_joined_over_http(const endpoint& http, const record_plan& plan);

/// From actors of one engine that have so many records outstanding among them. `tls` may be empty.
double record_from_actors(const std::string& door, const std::filesystem::path& tls, const record_plan& plan);

/// From so many threads of one engine, each of which waits for its record.
double record_from_threads(const std::string& door, const std::filesystem::path& tls, const record_plan& plan);

/// Seconds in which RocksDB alone writes what the tracker would, in batches as large as the number outstanding.
double record_raw(const record_plan& plan);

} // namespace hive::load
