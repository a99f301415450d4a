#include "actors/hive/link/frame_filter.hpp"

#include "actors/defaults.hpp"
#include "messages/ec.hpp"
#include "tests/support/seed.hpp"

#include <caf/all.hpp>
#include <caf/io/basp/header.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

namespace hive {
namespace {

namespace basp = caf::io::basp;
using basp::message_type;
using testing::HasSubstr;

/// Frames encoded by CAF itself: the filter must understand what this version sends.
class frames {
public:
  std::string make(message_type what, caf::actor_id to, uint32_t payload = 0, uint8_t flags = 0) {
    std::vector<char> out;
    caf::binary_serializer sink{system_, out};
    basp::header header{what, flags, payload, 0, 99, to};
    if (auto err = sink(header))
      throw std::runtime_error(system_.render(err));
    std::string frame{out.data(), out.size()};
    return frame.append(payload, '\x02'); // looks like a header of a direct message
  }

private:
  caf::actor_system_config config_;
  caf::actor_system system_{config_};
};

class frame_filter_test : public testing::Test {
protected:
  void SetUp() override {
    allowlist->add(5);
  }

  caf::error pass(const std::string& stream) {
    return frame_filter{allowlist}.pass(stream);
  }

  frames make;
  std::shared_ptr<actor_allowlist> allowlist = std::make_shared<actor_allowlist>();
};

TEST_F(frame_filter_test, passes_messages_to_allowed_actors) {
  std::string stream;
  for (auto what : {message_type::client_handshake, message_type::direct_message, message_type::monitor_message,
                    message_type::down_message, message_type::heartbeat})
    stream += make.make(what, 5, what == message_type::direct_message ? 1'000 : 0);
  EXPECT_FALSE(pass(stream));
  EXPECT_FALSE(pass(make.make(message_type::direct_message, 0, 10, basp::header::named_receiver_flag)));
}

TEST_F(frame_filter_test, refuses_messages_to_other_actors) {
  for (caf::actor_id other : {0ULL, 4ULL, 6ULL, 5ULL << 32, ~0ULL}) {
    auto refused = pass(make.make(message_type::direct_message, other, 10));
    EXPECT_EQ(code_of(refused), ec::forbidden) << other;
    EXPECT_THAT(text_of(refused), HasSubstr(std::to_string(other)));
  }
  EXPECT_EQ(code_of(pass(make.make(message_type::routed_message, 5, 10))), ec::forbidden);
  EXPECT_EQ(code_of(pass(make.make(static_cast<message_type>(7), 5))), ec::malformed);
}

TEST_F(frame_filter_test, refuses_frames_over_the_limit) {
  auto frame = make.make(message_type::direct_message, 5, 0);
  auto set_size = [&](uint32_t size) {
    for (size_t i = 0; i < 4; ++i)
      frame[4 + i] = static_cast<char>(size >> (24 - 8 * i));
  };
  set_size(defaults::max_frame_bytes);
  EXPECT_FALSE(pass(frame));
  for (auto size : {static_cast<uint32_t>(defaults::max_frame_bytes) + 1, UINT32_MAX}) {
    set_size(size);
    EXPECT_EQ(code_of(pass(frame)), ec::too_large);
    EXPECT_EQ(code_of(frame_filter{nullptr}.pass(frame)), ec::too_large);
  }
}

TEST_F(frame_filter_test, without_an_allowlist_all_actors_are_allowed) {
  EXPECT_FALSE(frame_filter{nullptr}.pass(make.make(message_type::direct_message, 6, 10)));
  EXPECT_EQ(code_of(frame_filter{nullptr}.pass(make.make(message_type::routed_message, 6, 10))), ec::forbidden);
}

TEST_F(frame_filter_test, follows_the_allowlist) {
  frame_filter filter{allowlist};
  EXPECT_FALSE(filter.pass(make.make(message_type::direct_message, 5)));
  allowlist->add(6);
  EXPECT_FALSE(filter.pass(make.make(message_type::direct_message, 6)));
  allowlist->remove(6);
  EXPECT_TRUE(filter.pass(make.make(message_type::direct_message, 6)));
}

/// The filter stops at the same frame, however the stream is split.
TEST_F(frame_filter_test, finds_frames_in_any_pieces) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937 random{seed};
  for (int run = 0; run < 2'000; ++run) {
    std::string stream;
    auto good = random() % 6;
    for (size_t i = 0; i < good; ++i)
      stream += make.make(message_type::direct_message, 5, random() % 200);
    bool bad = random() % 2 == 0;
    if (bad)
      stream += make.make(message_type::direct_message, 6, random() % 200);
    frame_filter filter{allowlist};
    bool refused = false;
    for (size_t at = 0; at < stream.size() && !refused;) {
      auto size = std::min<size_t>(1 + random() % 50, stream.size() - at);
      refused = !!filter.pass(std::string_view{stream}.substr(at, size));
      at += size;
    }
    ASSERT_EQ(refused, bad) << "run " << run;
  }
}

} // namespace
} // namespace hive
