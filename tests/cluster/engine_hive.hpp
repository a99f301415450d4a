#pragma once

#include "actors/engine_client/engine.hpp"
#include "messages/timestamp.hpp"
#include "platform/identity/certificate_authority.hpp"
#include "tests/cluster/hived_process.hpp"
#include "tests/support/temporary_directory.hpp"

#include <caf/all.hpp>
#include <gmock/gmock.h>

namespace hive::cluster {

/// Two linked nodes with certificates: engines connect with `near` and spawn on `far`.
class engine_hive : public testing::Test {
protected:
  static constexpr auto allow_shell = "[engines]\ncommands = [\"/bin/sh -c\", \"/bin/echo\"]\nquota = 3\n";

  std::filesystem::path path(const std::string& name) const {
    return folder_.path() / name;
  }

  /// The directory with this holder's certificate, which the first call issues.
  std::string tls_directory(const std::string& name, certificate_role role) const {
    auto now_s = now_unix_micros() / 1'000'000;
    if (!std::filesystem::exists(path("ca")) && !create_ca(path("ca"), "hive", 10, now_s))
      throw std::runtime_error("no CA");
    auto directory = path(name) / "tls";
    if (!std::filesystem::exists(directory) && !issue_into(path("ca"), directory, role, name, 5, now_s))
      throw std::runtime_error("no certificate");
    return directory.string();
  }

  hived_options options(const std::string& name, const std::string& config = allow_shell,
                        const std::string& door = "127.0.0.1:0") const {
    std::filesystem::create_directories(path(name));
    hived_options out{.directory = path(name), .config = config};
    out.arguments = {"--name", name, "--door", door, "--tls", tls_directory(name, certificate_role::node)};
    return out;
  }

  std::unique_ptr<hived_process> start(const hived_options& how) const {
    auto out = std::make_unique<hived_process>(how);
    out->await_ready();
    return out;
  }

  std::unique_ptr<hived_process> join(hived_options how, const hived_process& whom) const {
    how.arguments.insert(how.arguments.end(), {"--join", whom.door()});
    return start(how);
  }

  void start_both(const std::string& near_config = allow_shell, const std::string& far_config = allow_shell) {
    near = start(options("near", near_config));
    far = join(options("far", "[node]\nlabels = [\"far\"]\n" + far_config), *near);
    ASSERT_TRUE(wait_until([&] { return knows(*near, *far) && knows(*far, *near); })) << near->log() << far->log();
  }

  /// Whether `node` has the card of `other`, and therefore accepts its tickets.
  static bool knows(const hived_process& node, const hived_process& other) {
    auto list = node.get("/api/v1/hive/nodes").as<wire::NodeList>();
    for (auto each : list->getNodes())
      if (each.getId() == other.node().c_str())
        return each.getEpoch() > 0 && each.getState() == wire::MemberState::ACTIVE && each.getAddress().size() > 0;
    return false;
  }

  engine connect(const hived_process& node, const std::string& name = "engine7") const {
    auto out = engine::connect({.address = node.door(), .tls = tls_directory(name, certificate_role::engine)});
    if (!out)
      throw std::runtime_error("connect: " + text_of(out.error()));
    return std::move(*out);
  }

  static msg<wire::CommandSpec> command(const std::vector<std::string>& words) {
    return msg<wire::CommandSpec>::build([&](wire::CommandSpec::Builder out) {
      out.setName("adapter");
      auto list = out.initCommand(static_cast<uint32_t>(words.size()));
      for (uint32_t i = 0; i < list.size(); ++i)
        list.set(i, words[i]);
      out.setTimeoutS(60);
    });
  }

  static msg<wire::CommandSpec> echo_metric(double value) {
    return command({"/bin/echo", R"({"metrics":{"answer":{"value":)" + std::to_string(value) +
                                   R"(,"direction":"higher","unit":"count"}}})"});
  }

  /// Returns the answer to one message, or the error.
  template <class Answer, class Handle, class Request>
  static caf::expected<Answer> ask(engine& from, const Handle& whom, const Request& request,
                                   std::chrono::seconds timeout = patience) {
    caf::scoped_actor self{from.system()};
    caf::expected<Answer> out{caf::error{}};
    self->request(whom, timeout, request)
      .receive([&](const Answer& answer) { out = answer; }, [&](caf::error& err) { out = std::move(err); });
    return out;
  }

  /// Expects a log line that contains all of these texts.
  static void expect_logged(const hived_process& node, const std::vector<std::string>& texts) {
    EXPECT_TRUE(wait_until([&] { return node.lines_with(texts) > 0; }))
      << testing::PrintToString(texts) << " is not in the log:\n"
      << node.log();
  }

  temporary_directory folder_;
  std::unique_ptr<hived_process> near;
  std::unique_ptr<hived_process> far;
};

} // namespace hive::cluster
