#include "actors/defaults.hpp"
#include "tests/cluster/bad_node.hpp"
#include "tests/cluster/hive.hpp"
#include "tests/cluster/hive_ca.hpp"
#include "tests/support/temporary_directory.hpp"

#include "messages/gossip.capnp.h"
#include "messages/text.hpp"

#include <caf/io/basp/header.hpp>
#include <gmock/gmock.h>
#include <poll.h>

// Invalid messages on a connection: replayed, too long, from the future, or of another version. One of three real nodes
// receives them; afterwards all three work as before.

namespace hive::cluster {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr auto soon = 10s;

deadline until() {
  return std::chrono::steady_clock::now() + soon;
}

std::string frame_of(std::string_view message, std::optional<uint32_t> claimed_size = {}) {
  auto size = claimed_size.value_or(static_cast<uint32_t>(message.size()));
  std::string out = "HIVE";
  for (size_t i = 0; i < 4; ++i)
    out += static_cast<char>(size >> (8 * i));
  return out.append(message);
}

/// The message in the next frame; throws when none arrives.
std::string read_frame(channel& from) {
  auto header = from.read(8, until());
  if (!header)
    throw std::runtime_error(text_of(header.error()));
  size_t size = 0;
  for (size_t i = 0; i < 4; ++i)
    size |= static_cast<size_t>(static_cast<unsigned char>((*header)[4 + i])) << (8 * i);
  auto body = from.read(size, until());
  if (!body)
    throw std::runtime_error(text_of(body.error()));
  return *body;
}

std::string knock() {
  return std::string{msg<wire::Knock>::build([](wire::Knock::Builder out) {
                       out.setMinVersion(1);
                       out.setMaxVersion(1);
                       randombytes_buf(out.initNonce(32).begin(), 32);
                     }).bytes()};
}

class bad_envelope : public testing::Test {
protected:
  bad_envelope() {
    for (size_t i = 0; i < hive_.size(); ++i)
      record(hive_.at(i), "porting", "ruff", 5, 0);
    EXPECT_TRUE(wait_until([&] { return hive_.is_converged() && holds_truth(); }));
  }

  bool holds_truth() {
    for (size_t i = 0; i < hive_.size(); ++i)
      if (hive_samples(hive_.at(i), "porting") != 10)
        return false;
    return true;
  }

  std::string root(size_t i) {
    return hive_.at(i).get("/api/v1/hive/status").as<wire::HiveStatus>()->getRoot().cStr();
  }

  /// Expects a log line that contains all of these texts.
  void expect_logged(const std::vector<std::string>& texts) {
    EXPECT_TRUE(wait_until([&] { return hive_.at(0).lines_with(texts) > 0; }))
      << testing::PrintToString(texts) << " is not in\n"
      << hive_.at(0).log();
  }

  /// A connection with node 0's door, opened as a node of the hive would.
  channel connect(const std::string& name) {
    auto fd = connect_socket(*endpoint::parse(hive_.at(0).door()), until());
    auto stream = channel::open(std::move(*fd), channel_side::client, *tls_context::make(ca_.issue(name)), until());
    if (!stream)
      throw std::runtime_error(text_of(stream.error()));
    return std::move(*stream);
  }

  /// A connection that node 0 dials to the listener. Skips connections that were already waiting: node 0 gave them up,
  /// or is about to.
  channel accept_call(const std::string& name) {
    while (!wait_for(listener_.fd.get(), POLLIN, std::chrono::steady_clock::now()))
      accept_socket(listener_.fd);
    for (auto end = until(); std::chrono::steady_clock::now() < end;) {
      auto fd = accept_socket(listener_.fd);
      if (!fd)
        break;
      auto stream = channel::open(std::move(*fd), channel_side::server, *tls_context::make(ca_.issue(name)), until());
      if (stream)
        return std::move(*stream);
    }
    throw std::runtime_error("node 0 does not dial");
  }

  /// Checks that the state is unchanged, and that new records still reach all nodes.
  void expect_unharmed() {
    EXPECT_TRUE(holds_truth());
    record(hive_.at(0), "afterwards", "ruff", 5, 0);
    EXPECT_TRUE(wait_until([&] { return hive_samples(hive_.at(1), "afterwards") == 5; }));
    EXPECT_TRUE(wait_until([&] { return hive_samples(hive_.at(2), "afterwards") == 5 && hive_.is_converged(); }));
    for (size_t i = 0; i < hive_.size(); ++i)
      EXPECT_TRUE(hive_.all_see(i, "active")) << "node " << i;
  }

  void secure(size_t i, hived_options& node) {
    ca_.secure(node, "node" + std::to_string(i));
    if (i == 0)
      node.arguments.insert(node.arguments.end(), {"--join", listener_.at.text()});
  }

  temporary_directory temp_;
  hive_ca ca_{temp_.path() / "ca"};
  /// Node 0 keeps dialling this socket.
  listening_socket listener_{std::move(*listen_socket({"127.0.0.1", 0}))};
  test_hive hive_{temp_.path(), 3, "", [this](size_t i, hived_options& node) { secure(i, node); }};
};

TEST_F(bad_envelope, slots_that_are_replayed_change_nothing) {
  bad_node recorder{{hive_.at(0).door()}, {.shown = ca_.issue("recorder")}};
  ASSERT_TRUE(wait_until([&] { return recorder.is_linked_with(hive_.at(0)); }));
  auto recorded = recorder.ask(hive_.at(0), bad_node::question_with(msg<wire::HiveDelta>{}));
  ASSERT_TRUE(recorded) << text_of(recorded.error());
  ASSERT_GE((*recorded)->getDelta().getOrigins().size(), 3U);

  // Newer slots replace the recorded ones, which are then outdated.
  for (size_t i = 0; i < 3; ++i)
    record(hive_.at(i), "porting", "ruff", 1, 0);
  auto counts_twelve = [&] {
    for (size_t i = 0; i < 3; ++i)
      if (hive_samples(hive_.at(i), "porting") != 12)
        return false;
    return hive_.is_converged();
  };
  ASSERT_TRUE(wait_until(counts_twelve));
  auto before = root(0);
  auto repeated = [&] { return hive_.at(0).get("/api/v1/hive/status").as<wire::HiveStatus>()->getRepeated(); };
  auto repeated_before = repeated();
  auto old = bad_node::question_with(msg<wire::HiveDelta>::copy_of((*recorded)->getDelta()));
  for (int i = 0; i < 10; ++i)
    ASSERT_TRUE(recorder.ask(hive_.at(0), old));
  EXPECT_GE(repeated(), repeated_before + 30);
  EXPECT_EQ(root(0), before);
  EXPECT_TRUE(counts_twelve());
}

TEST_F(bad_envelope, slots_from_the_future_are_refused) {
  bad_node bad{{hive_.at(0).door()}, {.shown = ca_.issue("early")}};
  ASSERT_TRUE(wait_until([&] { return bad.is_linked_with(hive_.at(0)); }));
  auto before = root(0);
  for (auto stamp : {write_stamp{uint64_t{1} << 50, 1}, write_stamp{1, uint64_t{1} << 60}, write_stamp{UINT64_MAX, 1}})
    bad.tell(hive_.at(0), {bad.own_slot(note("early"), "x", stamp)});
  expect_logged({"Slot rejected: slot", "sender=" + bad.id()});
  expect_logged({"Node is quarantined", "node=" + bad.id()});
  EXPECT_EQ(root(0), before);
  expect_unharmed();
}

TEST_F(bad_envelope, a_message_that_breaks_the_format_is_refused_named_and_counted) {
  bad_node bad{{hive_.at(0).door()}, {.shown = ca_.issue("garbler")}};
  ASSERT_TRUE(wait_until([&] { return bad.is_linked_with(hive_.at(0)); }));
  std::vector<slot_ptr> too_many;
  for (int i = 0; i < 300; ++i)
    too_many.push_back(bad.own_slot(note(std::to_string(i)), "x"));
  auto before = root(0);
  for (int i = 0; i < 50; ++i) {
    auto answer = bad.tell(hive_.at(0), too_many);
    ASSERT_FALSE(answer);
    EXPECT_EQ(code_of(answer.error()), ec::malformed) << text_of(answer.error());
  }
  expect_logged({"Received malformed messages", "node=" + bad.id()});
  EXPECT_GT(hive_.at(0).get("/api/v1/hive/status").as<wire::HiveStatus>()->getUnreadable(), 0U);
  EXPECT_EQ(hive_.at(0).log().find("unexpected message"), std::string::npos) << "CAF's words";
  EXPECT_EQ(root(0), before);
  expect_unharmed();
}

TEST_F(bad_envelope, a_hello_that_was_recorded_holds_nowhere_else) {
  // Node 0 sends its hello to the test, which replays it to node 0's own door.
  auto stream = accept_call("recorder");
  ASSERT_FALSE(stream.write(frame_of(knock()), until()));
  auto theirs = read_frame(stream);
  auto hello = read_frame(stream);

  auto replay = connect("replayer");
  ASSERT_FALSE(replay.write(frame_of(theirs), until())); // node 0's handshake, with its nonce
  read_frame(replay);
  ASSERT_FALSE(replay.write(frame_of(hello), until()));
  auto answer = msg<wire::HelloAnswer>::load(read_frame(replay));
  ASSERT_TRUE(answer);
  EXPECT_FALSE((*answer)->getAdmitted());
  EXPECT_THAT((*answer)->getReason().cStr(), HasSubstr("its signature as " + hive_.at(0).node() + " does not match"));
  expect_logged({"its signature as " + hive_.at(0).node() + " does not match"});
  expect_unharmed();
}

TEST_F(bad_envelope, a_frame_over_the_limit_before_the_hello_ends_the_connection) {
  for (uint32_t size : {81'921U, UINT32_MAX}) {
    auto stream = connect("stranger");
    ASSERT_FALSE(stream.write(frame_of("", size), until()));
    read_frame(stream); // the node's handshake
    EXPECT_EQ(code_of(stream.read(1, until()).error()), ec::unavailable) << "it is closed, not waited for";
    expect_logged({"it sent a message of " + std::to_string(size) + " bytes before being admitted"});
  }
  expect_unharmed();
}

TEST_F(bad_envelope, a_frame_over_the_limit_after_the_hello_ends_the_connection) {
  auto before = hive_.at(0).memory_mib("VmHWM");
  for (uint32_t size : {static_cast<uint32_t>(defaults::max_frame_bytes) + 1, UINT32_MAX}) {
    auto stream = connect("large");
    auto end = perform_handshake(
      stream, channel_side::client, sender_of(new_identity(), "large"),
      [](const verified_peer&) { return caf::error{}; }, until());
    ASSERT_TRUE(end.peer) << text_of(end.peer.error());
    std::string header(caf::io::basp::header_size, '\0');
    header[0] = static_cast<char>(caf::io::basp::message_type::client_handshake);
    for (size_t i = 0; i < 4; ++i)
      header[4 + i] = static_cast<char>(size >> (24 - 8 * i));
    ASSERT_FALSE(stream.write(header, until()));
    caf::expected<std::string> got = std::string{};
    while (got)
      got = stream.read(1, until());
    EXPECT_EQ(code_of(got.error()), ec::unavailable) << "it is closed, not waited for";
    expect_logged({"Closing connection: it sent a frame of " + std::to_string(size) + " bytes"});
  }
  auto after = hive_.at(0).memory_mib("VmHWM");
  std::cout << before << " MiB before, " << after << " MiB at most\n";
  EXPECT_LE(after, before + 100);
  expect_unharmed();
}

TEST_F(bad_envelope, another_version_of_the_protocol_is_named_on_both_sides_whoever_dials) {
  const auto not_this_node = "speaks versions 2 to 3 of the protocol between nodes, this node speaks version 1";
  auto newer = sender_of(new_identity(), "newer", certificate_role::node, {2, 3});
  auto admit = [](const verified_peer&) { return caf::error{}; };
  auto stream = connect("newer");
  auto dialled = perform_handshake(stream, channel_side::client, newer, admit, until());
  ASSERT_FALSE(dialled.peer);
  EXPECT_EQ(code_of(dialled.peer.error()), ec::unsupported);
  EXPECT_THAT(text_of(dialled.peer.error()),
              AllOf(HasSubstr("speaks version 1 of the protocol"), HasSubstr("this node speaks versions 2 to 3")));
  expect_logged({"Refused a connection: ", not_this_node, "remote=127.0.0.1:"});

  auto accepted = accept_call("newer");
  auto came = perform_handshake(accepted, channel_side::server, newer, admit, until());
  ASSERT_FALSE(came.peer);
  EXPECT_THAT(text_of(came.peer.error()),
              AllOf(HasSubstr("speaks version 1 of the protocol"), HasSubstr("this node speaks versions 2 to 3")));
  expect_logged(
    {"Dial failed, will retry: it (hived test) " + std::string{not_this_node}, "addr=" + listener_.at.text()});
  expect_unharmed();
}

} // namespace
} // namespace hive::cluster
