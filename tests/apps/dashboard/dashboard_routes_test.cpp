#include "apps/dashboard/dashboard_routes.hpp"

#include "actors/http/node_routes.hpp"
#include "actors/http/server.hpp"
#include "apps/dashboard/gzip.hpp"
#include "tests/support/raw_connection.hpp"
#include "tests/support/test_system.hpp"

#include <gmock/gmock.h>
#include <prometheus/registry.h>

namespace hive {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string policy = "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src "
                           "'self'; connect-src 'self'; "
                           "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
                           "require-trusted-types-for 'script'\r\n";

/// A server with routes and nothing behind them.
class server {
public:
  explicit server(std::span<const dashboard_asset> assets, http::server_options options = {}) {
    options.port = 0;
    auto routes = dashboard_routes(assets);
    if (!routes) {
      failure = routes.error();
      return;
    }
    for (auto& each : http::node_routes({}))
      if (each.path == "/api/v1/whoami")
        routes->push_back(std::move(each));
    auto running =
      spawn_server(actors_.system(), {std::move(*routes), std::make_shared<prometheus::Registry>()}, options);
    if (!running)
      failure = running.error();
    else
      running_ = *running;
  }

  ~server() {
    if (!running_.gateway)
      return;
    caf::anon_send_exit(running_.gateway, caf::exit_reason::kill);
    actors_.client()->wait_for(running_.gateway);
  }

  /// The answer as it was received, with its head.
  std::string ask(const std::string& method, const std::string& path, const std::string& fields = {},
                  const std::string& host = "localhost") const {
    raw_connection open{running_.port};
    open.send(method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n" + fields + "\r\n");
    return open.read_all();
  }

  caf::error failure;

private:
  test_system actors_;
  http::running_server running_;
};

std::string head_of(const std::string& answer) {
  return answer.substr(0, answer.find("\r\n\r\n") + 2);
}

std::string body_of(const std::string& answer) {
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

const std::string index_page = *to_gzip("<script src=\"ui/{{ui}}/app.js\"></script>{{ui}}");
const std::string script = *to_gzip("let a = '{{ui}}'");
const std::string nested = *to_gzip("body{}");
const dashboard_asset files[] = {{"index.html", index_page}, {"app.js", script}, {"pages/a.css", nested}};
const std::string hash = hash_of_assets(files);
const std::string gzip_field = "Accept-Encoding: gzip, br\r\n";

TEST(dashboard_routes, the_first_page_names_the_files_of_this_build_and_is_asked_for_each_time) {
  server node{files};
  auto answer = node.ask("GET", "/");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(body_of(answer), "<script src=\"ui/" + hash + "/app.js\"></script>" + hash);
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/html; charset=utf-8\r\n"));
  EXPECT_THAT(answer, HasSubstr("Cache-Control: no-cache\r\n"));
  EXPECT_THAT(answer, HasSubstr("ETag: W/\"" + hash + "\"\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("Content-Encoding")));
  auto compressed = node.ask("GET", "/", gzip_field);
  EXPECT_THAT(compressed, HasSubstr("Content-Encoding: gzip\r\n"));
  EXPECT_EQ(*from_gzip(body_of(compressed)), body_of(answer));
}

TEST(dashboard_routes, a_page_that_the_browser_has_is_not_sent_again) {
  server node{files};
  for (auto& tags : {"W/\"" + hash + "\"", "\"" + hash + "\"", "\"x\", W/\"" + hash + "\"", std::string{"*"}}) {
    auto answer = node.ask("GET", "/", "If-None-Match: " + tags + "\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 304 Not Modified\r\n")) << tags;
    EXPECT_THAT(answer, HasSubstr("ETag: W/\"" + hash + "\"\r\n"));
    EXPECT_THAT(answer, Not(HasSubstr("Content-Length"))) << "it would be that of the page";
    EXPECT_EQ(body_of(answer), "");
  }
  for (auto* tags : {"W/\"0000000000000000\"", "\"\"", "x"})
    EXPECT_THAT(node.ask("GET", "/", "If-None-Match: " + std::string{tags} + "\r\n"), StartsWith("HTTP/1.1 200"))
      << tags;
}

TEST(dashboard_routes, files_are_kept_for_good) {
  server node{files};
  auto answer = node.ask("GET", "/ui/" + hash + "/app.js", gzip_field);
  EXPECT_THAT(answer, HasSubstr("Cache-Control: max-age=31536000, immutable\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/javascript; charset=utf-8\r\n"));
  EXPECT_THAT(answer, HasSubstr("Vary: Accept-Encoding\r\n"));
  EXPECT_EQ(body_of(answer), script) << "as it was embedded";
  EXPECT_EQ(body_of(node.ask("GET", "/ui/" + hash + "/app.js")), "let a = '{{ui}}'");
  auto style = node.ask("GET", "/ui/" + hash + "/pages/a.css");
  EXPECT_THAT(style, HasSubstr("Content-Type: text/css; charset=utf-8\r\n"));
  EXPECT_EQ(body_of(style), "body{}");
}

TEST(dashboard_routes, every_answer_has_the_fields_that_guard_it) {
  server node{files};
  for (auto& path : {std::string{"/"}, "/ui/" + hash + "/app.js", std::string{"/ui/0000000000000000/app.js"},
                     "/ui/" + hash + "/none.js"}) {
    auto head = head_of(node.ask("GET", path));
    EXPECT_THAT(head, HasSubstr(policy)) << path;
    EXPECT_THAT(head, HasSubstr("X-Content-Type-Options: nosniff\r\n")) << path;
    EXPECT_THAT(head, HasSubstr("Referrer-Policy: no-referrer\r\n")) << path;
  }
}

TEST(dashboard_routes, what_is_not_there_is_not_found) {
  server node{files};
  for (auto& path :
       {std::string{"/ui/0000000000000000/app.js"}, "/ui/" + hash + "/none.js", "/ui/" + hash + "/index.html",
        "/ui/" + hash + "/pages/app.js", "/ui/" + hash + "/pages%2Fb.css", "/ui/" + hash + "/", "/ui/" + hash,
        std::string{"/ui"}, "/ui/" + hash + "/..%2f..%2fetc%2fpasswd"}) {
    auto answer = node.ask("GET", path);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 404")) << path;
  }
  EXPECT_THAT(node.ask("GET", "/ui/0000000000000000/app.js"), HasSubstr("load / again"));
  EXPECT_THAT(node.ask("POST", "/"), StartsWith("HTTP/1.1 405"));
}

TEST(dashboard_routes, a_head_says_what_a_get_would) {
  server node{files};
  for (auto& path : {std::string{"/"}, "/ui/" + hash + "/app.js"}) {
    auto get = node.ask("GET", path, gzip_field), head = node.ask("HEAD", path, gzip_field);
    EXPECT_EQ(body_of(head), "");
    EXPECT_THAT(head, HasSubstr("Content-Length: " + std::to_string(body_of(get).size()) + "\r\n"));
    EXPECT_THAT(head, HasSubstr("Content-Encoding: gzip\r\n"));
  }
}

TEST(dashboard_routes, other_sites_may_link_to_the_first_page_and_use_nothing) {
  server node{files};
  const std::string foreign = "Sec-Fetch-Site: cross-site\r\n";
  EXPECT_THAT(node.ask("GET", "/", foreign), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(node.ask("HEAD", "/", foreign), StartsWith("HTTP/1.1 200"));
  for (auto& path : {"/ui/" + hash + "/app.js", std::string{"/api/v1/whoami"}, std::string{"/nowhere"}}) {
    EXPECT_THAT(node.ask("GET", path, foreign), StartsWith("HTTP/1.1 403")) << path;
    for (auto* own : {"same-origin", "same-site", "none"})
      EXPECT_THAT(node.ask("GET", path, "Sec-Fetch-Site: " + std::string{own} + "\r\n"),
                  Not(StartsWith("HTTP/1.1 403")))
        << path;
  }
  EXPECT_THAT(node.ask("POST", "/", foreign), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(node.ask("GET", "/", {}, "evil.example"), StartsWith("HTTP/1.1 421"));
  EXPECT_THAT(node.ask("GET", "/ui/" + hash + "/app.js", {}, "evil.example"), StartsWith("HTTP/1.1 421"));
  EXPECT_THAT(node.ask("GET", "/", "Origin: http://evil.example\r\n"), StartsWith("HTTP/1.1 403"));
}

TEST(dashboard_routes, pages_need_no_token_and_what_they_show_does) {
  // SHA-256 of `reader`.
  auto token =
    *http::make_access_token("r", "read", "3d0941964aa3ebdcb00ccef58b1bb399f9f898465e9886d5aec7f31090a0fb30");
  server node{files, {.tokens = {token}}};
  EXPECT_THAT(node.ask("GET", "/"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(node.ask("GET", "/ui/" + hash + "/app.js"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(node.ask("GET", "/api/v1/whoami"), StartsWith("HTTP/1.1 401"));
  EXPECT_EQ(body_of(node.ask("GET", "/api/v1/whoami", "Authorization: Bearer reader\r\n")),
            R"({"role":"read","token":"r","open":"none"})");
  EXPECT_EQ(body_of(server{files}.ask("GET", "/api/v1/whoami")), R"({"role":"record","open":"record"})");
}

TEST(dashboard_routes, a_program_built_without_pages_says_so) {
  server node{{}};
  auto answer = node.ask("GET", "/");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(answer, HasSubstr("HIVE_DASHBOARD=OFF"));
  EXPECT_THAT(node.ask("GET", "/ui/" + hash + "/app.js"), StartsWith("HTTP/1.1 404"));
}

TEST(dashboard_routes, files_without_a_first_page_or_with_a_damaged_one_are_refused) {
  const dashboard_asset none[] = {{"app.js", script}};
  EXPECT_EQ(code_of(dashboard_routes(none).error()), ec::not_found);
  const dashboard_asset damaged[] = {{"index.html", "plain"}};
  EXPECT_EQ(code_of(dashboard_routes(damaged).error()), ec::corrupt);
}

TEST(dashboard_routes, the_hash_follows_every_name_and_content) {
  const dashboard_asset renamed[] = {{"index.html", index_page}, {"App.js", script}, {"pages/a.css", nested}};
  const dashboard_asset changed[] = {{"index.html", index_page}, {"app.js", nested}, {"pages/a.css", nested}};
  EXPECT_NE(hash_of_assets(renamed), hash);
  EXPECT_NE(hash_of_assets(changed), hash);
  EXPECT_EQ(hash.size(), 16u);
}

// -- what is embedded -----------------------------------------------------------

TEST(embedded_assets, are_whole_and_of_known_types_and_small) {
  auto assets = embedded_assets();
  if (assets.empty())
    GTEST_SKIP() << "built without the dashboard";
  server node{assets};
  size_t compressed = 0, plain = 0;
  for (const auto& each : assets) {
    auto content = from_gzip(each.gzip);
    ASSERT_TRUE(content) << each.name;
    compressed += each.gzip.size();
    plain += content->size();
    if (each.name == "index.html")
      continue;
    auto answer = node.ask("GET", "/ui/" + hash_of_assets(assets) + "/" + std::string{each.name});
    EXPECT_THAT(answer, Not(HasSubstr("octet-stream"))) << each.name;
    EXPECT_TRUE(body_of(answer) == *content) << each.name;
  }
  std::cout << assets.size() << " files, " << plain << " bytes, compressed " << compressed << "\n";
  EXPECT_LT(plain, 300'000u);
  EXPECT_LT(compressed, 90'000u);
  auto licenses = node.ask("GET", "/ui/" + hash_of_assets(assets) + "/licenses.txt");
  EXPECT_THAT(licenses, HasSubstr("Permission is hereby granted, free of charge"));
  EXPECT_THAT(licenses, HasSubstr("Dan Vanderkam"));
}

} // namespace
} // namespace hive
