#pragma once

#include "actors/hive/federation/federation.hpp"
#include "actors/store/commit.hpp"
#include "actors/store/committer.hpp"
#include "messages/timestamp.hpp"
#include "storage/epoch.hpp"
#include "tests/actors/hive/test_node.hpp"
#include "tests/support/temporary_directory.hpp"

namespace hive {

struct federation_node_options {
  std::vector<endpoint> join = {};
  /// Creates the node's topics and their actors.
  std::function<std::vector<slot_topic>(caf::actor_system&)> topics = [](auto&) { return std::vector<slot_topic>{}; };
  std::filesystem::path directory; ///< directory of its store
};

/// A node without services: store, federation and door, in its own actor system.
class federation_node {
public:
  explicit federation_node(const federation_node_options& options) : system_{config_} {
    forbid_remote_spawning(system_);
    auto opened = database::open({.directory = options.directory});
    if (!opened)
      throw std::runtime_error(text_of(opened.error()));
    db_ = std::move(*opened);
    auto identity = begin_epoch(*db_, now_unix_micros());
    if (!identity)
      throw std::runtime_error(text_of(identity.error()));
    id_ = identity->id;
    committer_ = spawn_committer(system_, {db_});
    auto card = msg<wire::NodeCard>::build([&](wire::NodeCard::Builder out) {
      out.setName("n" + id_.value.substr(0, 6));
      out.setWrittenAt(now_unix_micros());
    });
    federation_options federation;
    federation.core.keys = identity->keys;
    federation.core.epoch = identity->epoch;
    federation.core.admit = [](const public_key&, wire::NodeCard::Reader) { return caf::expected{attested{}}; };
    federation.core.self = make_hello(*identity, certificate_role::node, card);
    federation_ = spawn_federation(system_, {db_, committer_, {}, options.topics(system_)}, std::move(federation));
    door_options door;
    door.listen = {"127.0.0.1", 0};
    door.join = options.join;
    door.identity = *identity;
    door.about = card;
    auto running = spawn_door(system_, {federation_}, door);
    if (!running)
      throw std::runtime_error(text_of(running.error()));
    door_ = *running;
  }

  ~federation_node() {
    for (const auto& actor : {caf::actor_cast<caf::actor>(door_.door), caf::actor_cast<caf::actor>(federation_)})
      stop(actor);
    stop(caf::actor_cast<caf::actor>(committer_));
  }

  const node_id& id() const {
    return id_;
  }
  const endpoint& at() const {
    return door_.at;
  }
  const federation_actor& federation() const {
    return federation_;
  }

  template <class Answer, class Question>
  caf::expected<Answer> ask(const Question& question) {
    caf::scoped_actor self{system_};
    caf::expected<Answer> out{caf::error{}};
    self->request(federation_, patience, question)
      .receive([&](const Answer& answer) { out = answer; }, [&](caf::error& error) { out = std::move(error); });
    return out;
  }

  msg<wire::HiveStatus> status() {
    return ask<msg<wire::HiveStatus>>(msg<wire::HiveStatusQuery>{}).value();
  }

  /// Waits until what the federation has decided by now is on the disk. It has one write in flight, and gathers another
  /// meanwhile: three round trips see both through.
  void await_writes() {
    for (int round = 0; round < 3; ++round) {
      status();
      caf::scoped_actor self{system_};
      commit(self.ptr(), committer_, {})
        .receive([](const committed&) {}, [](const caf::error& error) { throw std::runtime_error(text_of(error)); });
    }
  }

private:
  void stop(const caf::actor& actor) {
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    caf::scoped_actor self{system_};
    self->wait_for(actor);
  }

  node_id id_;
  test_network_config config_;
  caf::actor_system system_;
  std::shared_ptr<database> db_;
  committer_actor committer_;
  federation_actor federation_;
  running_door door_;
};

} // namespace hive
