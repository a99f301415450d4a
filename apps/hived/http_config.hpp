#pragma once

#include "actors/http/server.hpp"
#include "apps/hived/toml_section.hpp"

namespace hive {

/// The keys of section [http] about HTTPS and about the Unix socket.
void read_http_transports(toml_section& in, http::server_options& out);

} // namespace hive
