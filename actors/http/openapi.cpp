#include "actors/http/openapi.hpp"

#include "actors/http/namespace_routes.hpp"
#include "actors/http/url.hpp"
#include "messages/node.capnp.h"
#include "messages/schema_writer.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace hive::http {
namespace {

constexpr std::string_view api_prefix = "/api/v1/";

std::string lower(std::string_view text) {
  std::string out;
  for (char c : text)
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

/// Groups routes by the part of the API: /api/v1/snapshots/{version} → snapshots.
std::string tag_of(const route& route) {
  if (!route.path.starts_with(api_prefix))
    return "node";
  return std::string{split_path(route.path.substr(api_prefix.size() - 1)).front()};
}

/// GET /api/v1/snapshots/{version} → get_snapshots_by_version.
std::string operation_id(const route& route) {
  if (route.path == "/api/v1/metrics") // GET /metrics, which Prometheus reads, had the id of this path first
    return lower(to_string(route.verb)) + "_metrics_list";
  std::string out = lower(to_string(route.verb));
  auto path = std::string_view{route.path};
  if (path.starts_with(api_prefix))
    path.remove_prefix(api_prefix.size() - 1);
  for (auto segment : split_path(path)) {
    if (segment.starts_with('{'))
      out.append("_by_").append(segment.substr(1, segment.size() - 2));
    else
      out.append("_").append(segment);
  }
  std::replace_if(
    out.begin(), out.end(), [](char c) { return c == '-' || c == '.'; }, '_');
  return out;
}

/// Where the fields of a route's request come from, see request_reader.hpp.
struct field_places {
  std::vector<const field_rules*> path;
  std::vector<const field_rules*> query;
  const field_rules* body = nullptr;
};

field_places places_of(const route& route) {
  field_places out;
  if (!route.question)
    return out;
  auto segments = split_path(route.path);
  for (const auto& field : field_rules::of(*route.question)) {
    auto parameter = "{" + field.json_name + "}";
    if (std::find(segments.begin(), segments.end(), parameter) != segments.end())
      out.path.push_back(&field);
    else if (field.query || !has_body(route.verb))
      out.query.push_back(&field);
    else if (field.body)
      out.body = &field;
  }
  return out;
}

class document {
public:
  document(std::span<const route> routes, const openapi_info& info) : routes_{routes}, info_{info} {
  }

  std::string write() && {
    out_.object([&] {
      out_.member("openapi", "3.1.0");
      write_info();
      out_.array("servers", [&] { out_.object([&] { out_.member("url", "/"); }); });
      write_security();
      write_tags();
      out_.object("paths", [&] { write_paths(); });
      out_.object("components", [&] { write_components(); });
    });
    return std::move(out_).take();
  }

private:
  void write_info() {
    out_.object("info", [&] {
      out_.member("title", "Hivemark");
      out_.member("version", info_.version);
      out_.member("description", "Measures a hive of AI-agent nodes and judges whether it may be upgraded. Unknown "
                                 "fields and parameters of a request are errors; answers may grow new fields.");
      out_.object("contact", [&] { out_.member("name", info_.contact); });
    });
  }

  /// Accepts requests with a token or without one, since a node may be configured to need none.
  void write_security() {
    out_.array("security", [&] {
      out_.object([&] { out_.array("bearer", [] {}); });
      out_.object([] {});
    });
  }

  void write_tags() {
    std::set<std::string> names;
    for (const auto& route : routes_)
      names.insert(tag_of(route));
    out_.array("tags", [&] {
      for (const auto& name : names)
        out_.object([&] {
          out_.member("name", name);
          out_.member("description", name == "node" ? "The node itself." : "All about " + name + ".");
        });
    });
  }

  void write_paths() {
    std::map<std::string, std::vector<const route*>> by_path;
    for (const auto& route : routes_)
      by_path[route.path].push_back(&route);
    for (const auto& [path, routes] : by_path)
      out_.object(path, [&, &of_path = routes] { // clang 14 cannot capture structured bindings
        for (auto* route : of_path) {
          out_.name(lower(to_string(route->verb)));
          write_operation(*route);
        }
      });
  }

  void write_operation(const route& route) {
    auto places = places_of(route);
    out_.object([&] {
      out_.member("operationId", operation_id(route));
      out_.array("tags", [&] { out_.element(tag_of(route)); });
      out_.member("summary", route.summary);
      out_.member("description", describe_operation(route));
      if (route.access == role::anyone)
        out_.array("security", [] {});
      if (!places.path.empty() || !places.query.empty() || route.has_namespaces)
        out_.array("parameters", [&] {
          for (auto* field : places.path)
            write_parameter(*field, "path");
          for (auto* field : places.query)
            write_parameter(*field, "query");
          if (route.has_namespaces)
            write_namespace_header();
        });
      if (route.question && has_body(route.verb))
        write_body(*route.question, places);
      out_.object("responses", [&] { write_responses(route); });
    });
  }

  static std::string describe_operation(const route& route) {
    auto doc = route.question ? doc_of(*route.question) : std::string{};
    auto out = (doc.empty() ? route.summary + "." : doc) + " ";
    switch (route.access) {
    case role::anyone:
      return out + "Needs no token.";
    case role::operate:
      return out + "Needs role operate, which the node's operator token has.";
    default:
      return out + "Needs role " + std::string{to_string(route.access)} + " where the node asks for tokens.";
    }
  }

  void write_parameter(const field_rules& field, const char* place) {
    out_.object([&] {
      out_.member("name", field.json_name);
      out_.member("in", place);
      if (field.required || place == std::string_view{"path"})
        out_.member("required", true);
      if (!field.doc.empty())
        out_.member("description", field.doc);
      if (field.field.getType().isList()) {
        out_.member("style", "form");
        out_.member("explode", false);
      }
      out_.name("schema");
      schemas_.field_value(field);
    });
  }

  void write_namespace_header() {
    out_.object([&] {
      out_.member("name", namespace_header);
      out_.member("in", "header");
      out_.member("description",
                  "Id of a namespace: a store of its own, with its own statistics and versions, which the "
                  "hive is never told about. Absent: the node's own.");
      out_.object("schema", [&] { out_.member("type", "string"); });
    });
  }

  void write_body(capnp::StructSchema question, const field_places& places) {
    out_.object("requestBody", [&] {
      out_.member("required", true);
      out_.object("content", [&] {
        out_.object("application/json", [&] {
          out_.name("schema");
          write_body_schema(question, places);
        });
      });
    });
  }

  void write_body_schema(capnp::StructSchema question, const field_places& places) {
    if (places.body)
      return schemas_.field_value(*places.body);
    auto elsewhere = places.path;
    elsewhere.insert(elsewhere.end(), places.query.begin(), places.query.end());
    if (elsewhere.empty())
      schemas_.reference(question);
    else
      schemas_.object(question, elsewhere);
  }

  void write_responses(const route& route) {
    for (const auto& answer : route.documented)
      out_.object(std::to_string(answer.status), [&] {
        auto doc = doc_of(answer.schema);
        out_.member("description", doc.empty() ? std::string{reason_phrase(answer.status)} : doc);
        if (answer.has_location)
          write_location_header();
        write_content(route.media_type, [&] { schemas_.reference(answer.schema); });
      });
    if (route.documented.empty())
      out_.object("200", [&] {
        out_.member("description", route.summary);
        bool text = route.media_type.starts_with("text/");
        write_content(route.media_type, [&] { out_.object([&] { out_.member("type", text ? "string" : "object"); }); });
      });
    for (auto* status : {"4XX", "default"})
      out_.object(status, [&] { out_.member("$ref", "#/components/responses/Problem"); });
  }

  void write_location_header() {
    out_.object("headers", [&] {
      out_.object("Location", [&] {
        out_.member("description", "Where the answer's subject is found.");
        out_.object("schema", [&] {
          out_.member("type", "string");
          out_.member("format", "uri-reference");
        });
      });
    });
  }

  template <class Schema>
  void write_content(std::string_view media_type, Schema&& schema) {
    out_.object("content", [&] {
      out_.object(media_type, [&] {
        out_.name("schema");
        schema();
      });
    });
  }

  void write_components() {
    out_.object("responses", [&] {
      out_.object("Problem", [&] {
        out_.member("description", "What went wrong; `code` names the kind of error.");
        write_content("application/problem+json", [&] { schemas_.reference(capnp::Schema::from<wire::Problem>()); });
      });
    });
    out_.object("securitySchemes", [&] {
      out_.object("bearer", [&] {
        out_.member("type", "http");
        out_.member("scheme", "bearer");
        out_.member("description", "A token of the node's configuration, or its operator token.");
      });
    });
    out_.object("schemas", [&] { schemas_.definitions(); });
  }

  std::span<const route> routes_;
  const openapi_info& info_;
  json_builder out_;
  schema_writer schemas_{out_, "#/components/schemas/"};
};

} // namespace

std::string openapi_document(std::span<const route> routes, const openapi_info& info) {
  return document{routes, info}.write();
}

} // namespace hive::http
