#pragma once

#include "actors/hive/link/door.hpp"
#include "actors/hive/link/handshake_runner.hpp"
#include "messages/ec.hpp"
#include "messages/timestamp.hpp"

#include <algorithm>
#include <csignal>
#include <future>
#include <sodium.h>
#include <stdexcept>

namespace hive {

inline int64_t now_s() {
  return now_unix_micros() / 1'000'000;
}

/// A write to a closed connection fails, as in hived, and does not end the tests.
inline const auto ignore_sigpipe = std::signal(SIGPIPE, SIG_IGN);

inline node_identity new_identity(uint64_t epoch = 1) {
  auto keys = key_pair::generate();
  return {node_id_of(keys.public_part()), epoch, keys};
}

/// A CA for tests.
class test_ca {
public:
  credentials issue(const std::string& name, certificate_role role = certificate_role::node, int64_t days = 1) const {
    auto issued = issue_certificate(ca_, {role, name, now_s() - 10 * day_s, now_s() + days * day_s});
    if (!issued)
      throw std::runtime_error(text_of(issued.error()));
    return {{ca_.cert}, *issued, role};
  }

  const certificate& cert() const {
    return ca_.cert;
  }

private:
  static constexpr int64_t day_s = 86'400;
  certified_key ca_ = *make_ca("hive", now_s() - 100 * day_s, now_s() + 100 * day_s);
};

inline hello_sender sender_of(const node_identity& identity, const std::string& name,
                              certificate_role role = certificate_role::node, hello_versions versions = {1, 1}) {
  auto about = msg<wire::NodeCard>::build([&](wire::NodeCard::Builder out) {
    out.setName(name);
    out.setSoftware("test");
  });
  auto card = make_card(about, "127.0.0.1:1", identity, std::nullopt, now_unix_micros());
  return {identity, make_hello(identity, role, *card), versions, "test"};
}

/// Both ends of a TCP connection.
struct socket_pair {
  unique_fd client;
  unique_fd server;
};

inline socket_pair connect_pair() {
  auto listening = listen_socket({"127.0.0.1", 0});
  auto client = connect_socket(listening->at, std::chrono::steady_clock::now() + std::chrono::seconds{5});
  auto server = accept_socket(listening->fd);
  return {std::move(*client), std::move(*server)};
}

} // namespace hive
