// hive_load: puts load on a node from outside, over HTTP and as engines, and prints one JSON object with what came of
// it. It needs only the interfaces of a node, so that it drives nodes of other revisions as well. `--help` explains.

#include "tests/bench/load/engine_load.hpp"
#include "tests/bench/load/http_load.hpp"
#include "tests/bench/load/record_load.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

namespace {

using namespace hive;

struct options {
  std::string at;
  std::string tls;
  std::string method = "GET";
  std::string target;
  std::string body_file;
  std::string content_type = "application/json";
  std::string directory;
  std::string via = "http";
  double seconds = 0;
  uint64_t count = 1'000'000'000;
  size_t connections = 1;
  size_t outstanding = 1;
  size_t clients = 1;
  size_t bytes = 64;
};

endpoint parse_at(const std::string& text) {
  auto out = endpoint::parse(text);
  if (!out)
    throw std::runtime_error(text + " is not ADDRESS:PORT");
  return *out;
}

std::string content_of(const std::string& file) {
  std::ifstream in{file, std::ios::binary};
  if (!in)
    throw std::runtime_error("cannot read " + file);
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// `text` with each {n} replaced by the number.
std::string numbered(std::string text, uint64_t number) {
  constexpr std::string_view mark = "{n}";
  for (auto at = text.find(mark); at != text.npos; at = text.find(mark, at))
    text.replace(at, mark.size(), std::to_string(number));
  return text;
}

void run_http(const options& given) {
  auto body = given.body_file.empty() ? std::string{} : content_of(given.body_file);
  load::http_plan plan{
    .at = parse_at(given.at), .connections = given.connections, .request = {}, .requests = given.count};
  auto fixed = load::http_request(given.method, given.target, body, given.content_type);
  bool is_numbered = numbered(given.target, 0) != given.target;
  plan.request = [&](uint64_t n) {
    return is_numbered ? load::http_request(given.method, numbered(given.target, n), body, given.content_type) : fixed;
  };
  if (given.seconds > 0)
    plan.time = std::chrono::duration<double>{given.seconds};
  auto done = load::send_requests(plan);
  if (done.refused > 0)
    std::cerr << done.refused << " requests were refused, the first with: " << done.first_refusal.substr(0, 500)
              << "\n";
  std::printf("{\"answered\": %zu, \"refused\": %zu, \"bytes\": %zu, \"seconds\": %.9f}\n",
              static_cast<size_t>(done.answered), static_cast<size_t>(done.refused), static_cast<size_t>(done.bytes),
              done.seconds);
}

double record(const options& given, const load::record_plan& plan) {
  if (given.via == "http")
    return load::record_over_http(parse_at(given.at), plan);
  if (given.via == "joined-http")
    return load::record_joined_over_http(parse_at(given.at), plan);
  if (given.via == "actors")
    return load::record_from_actors(given.at, given.tls, plan);
  return load::record_from_threads(given.at, given.tls, plan);
}

void run_records(const options& given) {
  if (given.outstanding % given.clients > 0)
    throw std::runtime_error("the outstanding records are no multiple of the clients");
  auto whole = given.count / given.outstanding * given.outstanding;
  load::record_plan plan{
    .records = std::max(whole, given.outstanding), .outstanding = given.outstanding, .clients = given.clients};
  auto seconds = record(given, plan);
  std::printf("{\"records\": %zu, \"seconds\": %.9f, \"raw_seconds\": %.9f}\n", static_cast<size_t>(plan.records),
              seconds, load::record_raw(plan));
}

void run_ping(const options& given) {
  auto seconds = load::ping_session({given.at, given.tls}, {given.bytes, given.outstanding, given.count});
  std::printf("{\"pings\": %zu, \"seconds\": %.9f}\n", static_cast<size_t>(given.count), seconds);
}

void run_spawn(const options& given) {
  auto seconds = load::spawn_adapters({given.at, given.tls}, given.count);
  std::printf("{\"spawned\": %zu, \"seconds\": %.9f}\n", static_cast<size_t>(given.count), seconds);
}

void add_commands(CLI::App& app, options& given) {
  auto* http = app.add_subcommand("http", "Requests over keep-alive connections, one outstanding on each");
  http->add_option("--at", given.at, "ADDRESS:PORT of the node's HTTP")->required();
  http->add_option("--connections", given.connections);
  http->add_option("--requests", given.count, "Ends after that many");
  http->add_option("--seconds", given.seconds, "Ends after that time");
  http->add_option("--method", given.method);
  http->add_option("--target", given.target, "Path and query; {n} becomes the number of the request")->required();
  http->add_option("--body", given.body_file, "File with the body");
  http->add_option("--type", given.content_type, "Content-Type of the body");
  http->callback([&] { run_http(given); });

  auto* records = app.add_subcommand("records", "Task records of many callers, and the same through RocksDB alone");
  records->add_option("--at", given.at, "ADDRESS:PORT of the node's HTTP or door")->required();
  records
    ->add_option("--via", given.via, "Who sends: HTTP with a record or those of all callers a request, or an engine")
    ->check(CLI::IsMember({"http", "joined-http", "actors", "threads"}));
  records->add_option("--tls", given.tls, "Directory with an engine's certificate");
  records->add_option("--records", given.count)->required();
  records->add_option("--outstanding", given.outstanding)->check(CLI::PositiveNumber);
  records->add_option("--clients", given.clients, "That join records, and share the outstanding ones")
    ->check(CLI::PositiveNumber);
  records->callback([&] { run_records(given); });

  auto* ping = app.add_subcommand("ping", "Pings from an engine to its session");
  ping->add_option("--at", given.at, "ADDRESS:PORT of the node's door")->required();
  ping->add_option("--tls", given.tls, "Directory with an engine's certificate");
  ping->add_option("--bytes", given.bytes);
  ping->add_option("--outstanding", given.outstanding);
  ping->add_option("--pings", given.count)->required();
  ping->callback([&] { run_ping(given); });

  auto* spawn = app.add_subcommand("spawn", "Adapters that an engine spawns and ends, one after the other");
  spawn->add_option("--at", given.at, "ADDRESS:PORT of the node's door")->required();
  spawn->add_option("--tls", given.tls, "Directory with an engine's certificate");
  spawn->add_option("--count", given.count)->required();
  spawn->callback([&] { run_spawn(given); });

  auto* certificates = app.add_subcommand("certificates", "A CA, and certificates for a node and an engine");
  certificates->add_option("directory", given.directory)->required();
  certificates->callback([&] { load::make_certificates(given.directory); });
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"Puts load on a node from outside.", "hive_load"};
  app.require_subcommand(1);
  options given;
  add_commands(app, given);
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError& wrong) {
    return app.exit(wrong);
  } catch (const std::exception& failed) {
    std::cerr << "hive_load: " << failed.what() << "\n";
    return 1;
  }
}
