#pragma once

#include "apps/hived/token_sources.hpp"
#include "apps/hived/toml_section.hpp"

namespace hive {

/// Reads the keys of section `http` about tokens into `from`, and all tokens into `out`.
void read_token_keys(toml_section& in, token_sources& from, std::vector<http::access_token>& out);

} // namespace hive
