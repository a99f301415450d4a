#pragma once

#include "actors/http/access.hpp"

#include <filesystem>
#include <vector>

namespace hive {

/// Sources of the HTTP tokens, kept so that they can be read again.
struct token_sources {
  std::vector<http::access_token> configured; ///< [[http.tokens]]
  std::filesystem::path file;                 ///< http.tokens_file; empty: none
  event_rate rate;                            ///< of tokens that state none
};

/// The tokens of the configuration and those now in the file. Throws config_error, which names file, line and key.
std::vector<http::access_token> read_tokens(const token_sources& from);

} // namespace hive
