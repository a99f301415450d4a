#include "tests/bench/load/engine_load.hpp"

#include "actors/engine_client/engine.hpp"
#include "messages/ec.hpp"
#include "messages/engine.capnp.h"
#include "messages/timestamp.hpp"
#include "platform/identity/certificate_authority.hpp"
#include "tests/bench/pinger.hpp"

#include <stdexcept>

namespace hive::load {
namespace {

constexpr uint32_t certificate_days = 2;

engine connect_to(const engine_target& target) {
  auto out = engine::connect({.address = target.door, .tls = target.tls, .name = "load"});
  if (!out)
    throw std::runtime_error(text_of(out.error()));
  return std::move(*out);
}

template <class T>
T expect(caf::expected<T> result) {
  if (!result)
    throw std::runtime_error(text_of(result.error()));
  return std::move(*result);
}

} // namespace

double ping_session(const engine_target& target, const ping_plan& plan) {
  auto client = connect_to(target);
  auto session = expect(client.session());
  return time_pings(client.system(), session, ping_of(plan.bytes), plan.count, plan.outstanding);
}

double spawn_adapters(const engine_target& target, size_t count) {
  auto client = connect_to(target);
  auto command = msg<wire::CommandSpec>::build([](wire::CommandSpec::Builder out) {
    out.setName("true");
    out.initCommand(1).set(0, "/bin/true");
  });
  double out = 0;
  for (size_t i = 0; i < count; ++i) {
    auto begin = bench_clock::now();
    auto spawned = expect(client.spawn(command, spawn_place::on(client.node())));
    out += seconds_since(begin);
    if (auto failed = client.end(spawned.node, spawned.id))
      throw std::runtime_error(text_of(failed));
  }
  return out;
}

void make_certificates(const std::filesystem::path& directory) {
  auto now = now_unix_micros() / 1'000'000;
  auto ca = directory / "ca";
  expect(create_ca(ca, "bench", certificate_days, now));
  expect(issue_into(ca, directory / "node", certificate_role::node, "node", certificate_days, now));
  expect(issue_into(ca, directory / "engine", certificate_role::engine, "engine", certificate_days, now));
}

} // namespace hive::load
