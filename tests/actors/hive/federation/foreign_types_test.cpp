#include "messages/benchmark.capnp.h"
#include "messages/snapshot.capnp.h"
#include "messages/tracker.capnp.h"
#include "tests/actors/hive/federation/federation_node.hpp"

#include <gtest/gtest.h>

// A node of another build, or a malicious one, sends messages of types that nodes do not exchange. They are refused
// without being decoded, since their types are not registered, and the federation counts them.

namespace hive {
namespace {

template <class... Ts>
void add_types(caf::actor_system_config& config) {
  (config.add_message_type<msg<Ts>>("hive." + std::string{capnp::Schema::from<Ts>().getShortDisplayName().cStr()}),
   ...);
}

class foreign_types : public testing::Test {
protected:
  foreign_types() {
    EXPECT_TRUE(wait_until([&] { return sender_.is_linked_with(id()) && node_.status()->getLinked() == 1; }));
  }

  const node_id& id() const {
    return node_.id();
  }

  caf::error send(const caf::message& what) {
    caf::scoped_actor self{sender_.system()};
    caf::error out;
    auto peer = caf::actor_cast<caf::actor>(sender_.journal().links().at(id()).peer);
    self->request(peer, patience, what).receive([](const caf::message&) {}, [&](caf::error& e) { out = std::move(e); });
    return out;
  }

  temporary_directory temp_;
  federation_node node_{{.directory = temp_.path() / "node"}};
  class sender : public test_node {
  public:
    explicit sender(const endpoint& to)
        : test_node{{.join = {to}, .configure = [](caf::actor_system_config& config) {
                       add_types<wire::RunCommand, wire::CommandSpec, wire::CaptureRequest, wire::ImportSnapshot,
                                 wire::LearningDelta>(config);
                     }}} {
    }
    bool is_linked_with(const node_id& other) {
      return journal().links().contains(other);
    }
  };
  sender sender_{node_.at()};
};

TEST_F(foreign_types, are_refused_without_being_decoded_and_the_link_stays) {
  auto run = msg<wire::RunCommand>::build([](wire::RunCommand::Builder out) {
    auto command = out.initCommand(1);
    command.set(0, "/bin/true");
  });
  uint64_t before = node_.status()->getUnreadable();
  for (const auto& what :
       {caf::make_message(run), caf::make_message(msg<wire::CommandSpec>{}),
        caf::make_message(msg<wire::CaptureRequest>{}), caf::make_message(msg<wire::ImportSnapshot>{}),
        caf::make_message(msg<wire::LearningDelta>{})}) {
    auto refused = send(what);
    EXPECT_EQ(code_of(refused), ec::malformed) << text_of(refused);
  }
  EXPECT_TRUE(wait_until([&] { return node_.status()->getUnreadable() == before + 5; }));
  EXPECT_EQ(exchange_pings(sender_, id(), 10), 10U) << "and the link is none the worse";
}

} // namespace
} // namespace hive
