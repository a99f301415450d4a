#include "apps/dashboard/dashboard_routes.hpp"

#include "apps/dashboard/accept_encoding.hpp"
#include "apps/dashboard/gzip.hpp"
#include "messages/ec.hpp"
#include "platform/hex.hpp"
#include "platform/sha256.hpp"

#include <algorithm>
#include <map>

namespace hive {
namespace {

using http::parameter;

constexpr std::string_view index_name = "index.html";
constexpr std::string_view hash_placeholder = "{{ui}}";
constexpr size_t hash_digits = 16;

/// Pages load nothing from elsewhere, run no code but the node's own files, and are shown in no frame. Text becomes
/// elements only by a policy of the page, which lets none through as markup.
constexpr std::string_view content_policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; "
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

constexpr std::pair<std::string_view, std::string_view> content_types[] = {
  {".html", "text/html; charset=utf-8"},     {".css", "text/css; charset=utf-8"},
  {".js", "text/javascript; charset=utf-8"}, {".json", "application/json"},
  {".svg", "image/svg+xml; charset=utf-8"},  {".txt", "text/plain; charset=utf-8"},
};

std::string_view content_type_of(std::string_view name) {
  for (auto [end, type] : content_types)
    if (name.ends_with(end))
      return type;
  return "application/octet-stream";
}

/// Adds the fields that all answers of the dashboard have.
http::response guarded(http::response out, std::string_view caching) {
  out.headers.emplace_back("Cache-Control", caching);
  out.headers.emplace_back("Content-Security-Policy", content_policy);
  out.headers.emplace_back("X-Content-Type-Options", "nosniff");
  out.headers.emplace_back("Referrer-Policy", "no-referrer");
  return out;
}

http::response missing(std::string detail) {
  return guarded(http::problem(404, ec::not_found, std::move(detail)), "no-store");
}

/// The content of a file, in the coding that the client takes.
http::response answer_with(std::string_view name, std::string_view gzip, const http::request& from) {
  http::response out{200, std::string{content_type_of(name)}, {}, {}, {}};
  out.headers.emplace_back("Vary", "Accept-Encoding");
  if (accepts_gzip(from.accept_encoding)) {
    out.headers.emplace_back("Content-Encoding", "gzip");
    out.body = gzip;
    return out;
  }
  auto plain = from_gzip(gzip);
  if (!plain)
    return http::problem(plain.error());
  out.body = std::move(*plain);
  return out;
}

std::string value_of(const http::request& from, std::string_view name) {
  auto found = std::ranges::find(from.path_parameters, name, &parameter::first);
  return found == from.path_parameters.end() ? std::string{} : found->second;
}

/// What is served, for as long as a route holds it.
struct dashboard {
  std::string hash;
  std::string index; ///< compressed
  std::map<std::string_view, std::string_view> files;

  http::response answer_index(const http::request& from) const {
    auto tag = "\"" + hash + "\"";
    // Weak: the same page may come in one coding or another. A browser sends the tag back, maybe among others.
    if (from.if_none_match == "*" || from.if_none_match.find(tag) != from.if_none_match.npos) {
      http::response same{304, {}, {}, {}, {}};
      same.headers.emplace_back("ETag", "W/" + tag);
      same.headers.emplace_back("Vary", "Accept-Encoding");
      return guarded(std::move(same), "no-cache");
    }
    auto out = answer_with(index_name, index, from);
    out.headers.emplace_back("ETag", "W/" + tag);
    return guarded(std::move(out), "no-cache");
  }

  http::response answer_file(const http::request& from) const {
    auto folder = value_of(from, "folder");
    auto name = folder.empty() ? value_of(from, "name") : folder + "/" + value_of(from, "name");
    if (value_of(from, "hash") != hash)
      return missing("the dashboard's files have changed with the node's version; load / again");
    auto found = files.find(name);
    if (found == files.end())
      return missing("the dashboard has no file " + name);
    return guarded(answer_with(name, found->second, from), "max-age=31536000, immutable");
  }
};

caf::expected<std::shared_ptr<const dashboard>> assemble(std::span<const dashboard_asset> assets) {
  auto out = std::make_shared<dashboard>();
  out->hash = hash_of_assets(assets);
  for (const auto& each : assets)
    out->files.emplace(each.name, each.gzip);
  auto index = out->files.extract(index_name);
  if (index.empty())
    return fail(ec::not_found, "the dashboard has no " + std::string{index_name});
  auto text = from_gzip(index.mapped());
  if (!text)
    return text.error();
  for (auto at = text->find(hash_placeholder); at != text->npos; at = text->find(hash_placeholder, at))
    text->replace(at, hash_placeholder.size(), out->hash);
  auto compressed = to_gzip(*text);
  if (!compressed)
    return compressed.error();
  out->index = std::move(*compressed);
  return out;
}

http::route open_route(std::string path, std::string summary,
                       std::function<http::response(const http::request&)> make) {
  return http::route::raw(http::method::get, std::move(path), std::move(summary), "text/html",
                          [make = std::move(make)](const http::exchange_ptr& to) { to->answer(make(to->request())); })
    .for_role(http::role::anyone);
}

} // namespace

std::string hash_of_assets(std::span<const dashboard_asset> assets) {
  std::string all;
  for (const auto& each : assets)
    all.append(each.name).append(1, '\0').append(std::to_string(each.gzip.size())).append(1, '\0').append(each.gzip);
  return to_hex(sha256(all)).substr(0, hash_digits);
}

caf::expected<std::vector<http::route>> dashboard_routes(std::span<const dashboard_asset> assets) {
  std::vector<http::route> out;
  if (assets.empty()) {
    out.push_back(open_route("/", "The dashboard", [](const http::request&) {
      return missing("this hived was built without the dashboard (-DHIVE_DASHBOARD=OFF); the API is described at "
                     "/openapi.json");
    }));
    return out;
  }
  auto made = assemble(assets);
  if (!made)
    return made.error();
  auto serve = [shown = *made](const http::request& from) { return shown->answer_file(from); };
  out.push_back(
    open_route("/", "The dashboard", [shown = *made](const http::request& from) { return shown->answer_index(from); }));
  out.push_back(open_route("/ui/{hash}/{name}", "A file of the dashboard", serve));
  out.push_back(open_route("/ui/{hash}/{folder}/{name}", "A file of the dashboard", serve));
  return out;
}

} // namespace hive
