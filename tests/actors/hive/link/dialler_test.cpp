#include "actors/hive/link/dialler.hpp"

#include "messages/ec.hpp"
#include "tests/support/dead_end.hpp"
#include "tests/support/wait_until.hpp"

#include <arpa/inet.h>
#include <atomic>
#include <cstring>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <thread>

// Names with several addresses. The resolver is a function; the sockets are real.

namespace hive {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

socket_address address(const std::string& ip, uint16_t port) {
  socket_address out;
  if (ip.find(':') == ip.npos) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    ::inet_pton(AF_INET, ip.c_str(), &v4.sin_addr);
    std::memcpy(&out.bytes, &v4, out.size = sizeof v4);
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    ::inet_pton(AF_INET6, ip.c_str(), &v6.sin6_addr);
    std::memcpy(&out.bytes, &v6, out.size = sizeof v6);
  }
  return out;
}

std::string text(const socket_address& of) {
  return text_of_address(of.bytes, of.size);
}

look_up_function always(std::vector<socket_address> all) {
  return [all](const endpoint&) { return all; };
}

/// An address that does not answer.
struct dead_address : dead_end {
  socket_address at() const {
    return address("127.0.0.1", port());
  }
};

struct door {
  listening_socket open = std::move(*listen_socket({"127.0.0.1", 0}));

  socket_address at() const {
    return address("127.0.0.1", open.at.port);
  }
};

deadline in(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

TEST(dialler, families_are_tried_by_turns) {
  std::vector<socket_address> all{address("::1", 1), address("::1", 2), address("::1", 3), address("127.0.0.1", 4),
                                  address("127.0.0.1", 5)};
  std::vector<std::string> order;
  for (const auto& each : interleaved(all, 16))
    order.push_back(text(each));
  EXPECT_THAT(order, ElementsAre("[::1]:1", "127.0.0.1:4", "[::1]:2", "127.0.0.1:5", "[::1]:3"));
  EXPECT_EQ(interleaved(all, 2).size(), 2u);
  EXPECT_TRUE(interleaved({}, 2).empty());
}

TEST(dialler, a_dead_address_first_does_not_keep_it_from_the_second) {
  dead_address dead, dead_too;
  door there;
  dialler to{always({dead.at(), dead_too.at(), there.at()})};
  auto fd = to.connect({"name", 1}, in(30s));
  ASSERT_TRUE(fd) << text_of(fd.error());
  EXPECT_EQ(remote_of(fd->get()), text(there.at()));
}

TEST(dialler, an_address_that_refuses_is_passed_over_at_once) {
  auto closed = address("127.0.0.1", 1);
  door there;
  dialler to{always({closed, there.at()})};
  auto fd = to.connect({"name", 1}, in(30s));
  ASSERT_TRUE(fd) << text_of(fd.error());
  EXPECT_EQ(remote_of(fd->get()), text(there.at()));
}

TEST(dialler, every_address_gets_a_share_of_a_short_time) {
  std::vector<std::unique_ptr<dead_address>> dead;
  std::vector<socket_address> all;
  for (int i = 0; i < 15; ++i)
    all.push_back(dead.emplace_back(std::make_unique<dead_address>())->at());
  door there;
  all.push_back(there.at());
  auto fd = dialler{always(all)}.connect({"name", 1}, in(3s)); // 15 attempts at the usual interval would take longer
  ASSERT_TRUE(fd) << text_of(fd.error());
}

TEST(dialler, the_error_names_every_address) {
  dead_address dead;
  dialler to{always({dead.at(), address("127.0.0.1", 1)})};
  auto fd = to.connect({"name", 7421}, in(500ms));
  ASSERT_FALSE(fd);
  EXPECT_EQ(code_of(fd.error()), ec::timed_out);
  EXPECT_THAT(text_of(fd.error()), HasSubstr("name:7421"));
  EXPECT_THAT(text_of(fd.error()), HasSubstr("127.0.0.1:1: Connection refused"));
  EXPECT_THAT(text_of(fd.error()), HasSubstr(text(dead.at()) + ": no answer in time"));
  EXPECT_FALSE(dialler{always({})}.connect({"name", 1}, in(1s)));
}

TEST(dialler, an_address_with_a_wrong_peer_is_tried_last_the_next_time) {
  door other, wanted;
  dialler to{always({other.at(), wanted.at()})};
  auto first = to.connect({"name", 1}, in(30s));
  ASSERT_TRUE(first);
  EXPECT_EQ(remote_of(first->get()), text(other.at()));
  to.avoid({"name", 1}, text(other.at()));
  auto second = to.connect({"name", 1}, in(30s));
  ASSERT_TRUE(second);
  EXPECT_EQ(remote_of(second->get()), text(wanted.at()));
}

/// A resolver whose server does not answer.
class stalled_resolver {
public:
  ~stalled_resolver() {
    state_->go_on = true;
    state_->go_on.notify_all();
  }

  look_up_function function() const {
    return [state = state_](const endpoint&) -> caf::expected<std::vector<socket_address>> {
      ++state->asked;
      state->go_on.wait(false);
      return fail(ec::unavailable, "no server answers");
    };
  }
  int asked() const {
    return state_->asked;
  }

private:
  struct shared {
    std::atomic<bool> go_on = false;
    std::atomic<int> asked = 0;
  };
  std::shared_ptr<shared> state_ = std::make_shared<shared>();
};

TEST(dialler, a_look_up_that_hangs_is_given_up_and_asked_once) {
  stalled_resolver names;
  dialler to{names.function()};
  for (int i = 0; i < 3; ++i) {
    auto fd = to.connect({"name", 1}, in(50ms));
    ASSERT_FALSE(fd);
    EXPECT_EQ(code_of(fd.error()), ec::timed_out);
    EXPECT_THAT(text_of(fd.error()), HasSubstr("name:1 cannot be looked up"));
  }
  EXPECT_EQ(names.asked(), 1);
}

TEST(dialler, look_ups_are_bounded) {
  stalled_resolver names;
  dialler to{names.function()};
  ec last = ec::none;
  for (uint16_t port = 1; port < 100; ++port)
    last = code_of(to.connect({"name", port}, in(1ms)).error());
  EXPECT_EQ(last, ec::overloaded);
  EXPECT_TRUE(wait_until([&] { return names.asked() == 32; })) << names.asked();
}

TEST(dialler, stops_at_once_in_a_look_up_and_while_it_connects) {
  stalled_resolver names;
  dead_address dead;
  for (auto look_up : {names.function(), always({dead.at()})}) {
    dialler to{look_up};
    std::thread stopper{[&] {
      std::this_thread::sleep_for(50ms);
      to.stop();
    }};
    auto fd = to.connect({"name", 1}, in(1h)); // a hang is ended by the test's time limit
    stopper.join();
    ASSERT_FALSE(fd);
    EXPECT_THAT(text_of(fd.error()), HasSubstr("the node is stopping"));
    EXPECT_FALSE(to.connect({"name", 1}, in(1h)));
  }
}

} // namespace
} // namespace hive
