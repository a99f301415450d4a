#pragma once

#include "actors/http/route.hpp"

#include <span>

namespace hive::http {

/// Facts about the program for the document.
struct openapi_info {
  std::string version; ///< of the program that serves the API
  std::string contact = "The operator of this node";
};

/// The OpenAPI 3.1 document of these routes, generated from them and from their messages' schemas. No two routes may
/// share method and path.
std::string openapi_document(std::span<const route> routes, const openapi_info& info);

} // namespace hive::http
