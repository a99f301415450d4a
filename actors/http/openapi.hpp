#pragma once

#include "actors/http/route.hpp"

#include <span>

namespace hive::http {

/// What the document says of the program as a whole.
struct openapi_info {
  std::string version; ///< of the program that serves the API
  std::string contact = "The operator of this node";
};

/// The OpenAPI 3.1 document of these routes, made from them and from the schemas of their messages. Routes that share
/// method and path must not occur.
std::string openapi_document(std::span<const route> routes, const openapi_info& info);

} // namespace hive::http
