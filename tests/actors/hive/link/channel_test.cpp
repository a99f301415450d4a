#include "actors/hive/link/channel.hpp"

#include "actors/defaults.hpp"
#include "tests/actors/hive/hive_support.hpp"
#include "tests/support/seed.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <random>

// A channel against OpenSSL as it comes: a session that reads and writes its socket itself.

namespace hive {
namespace {

using namespace std::chrono_literals;
using progress = channel::progress;

socket_pair make_sockets() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0)
    throw std::runtime_error("no socket pair");
  return {unique_fd{fds[0]}, unique_fd{fds[1]}};
}

/// The other end of a channel.
class openssl_peer {
public:
  openssl_peer(int fd, const tls_context& tls) : fd_{fd}, ssl_{SSL_new(tls.get()), SSL_free} {
    SSL_set_fd(ssl_.get(), fd);
    SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  }

  SSL* session() {
    return ssl_.get();
  }

  /// Opposite to a channel that is on this side.
  bool shake_hands_with(channel_side side) {
    return repeat([&] { return side == channel_side::client ? SSL_accept(ssl_.get()) : SSL_connect(ssl_.get()); });
  }

  /// Sends all, waiting for room.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      size_t put = 0;
      if (!repeat([&] { return SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &put); }))
        return false;
      bytes.remove_prefix(put);
    }
    return true;
  }

  /// Sends what the socket takes at once, of `most` bytes at the front. Returns their number.
  size_t send_some(std::string_view bytes, size_t most) {
    if (begun_ == 0)
      begun_ = std::min(bytes.size(), most);
    size_t put = 0;
    if (SSL_write_ex(ssl_.get(), bytes.data(), begun_, &put) == 1)
      begun_ = 0;
    return put;
  }

  /// What is there to read, at most `most`.
  std::string read_some(size_t most) {
    std::string out(most, '\0');
    size_t got = 0;
    if (SSL_read_ex(ssl_.get(), out.data(), out.size(), &got) != 1)
      got = 0;
    out.resize(got);
    return out;
  }

  bool update_keys(bool ask_the_other) {
    return SSL_key_update(ssl_.get(), ask_the_other ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED) == 1 &&
           repeat([&] { return SSL_do_handshake(ssl_.get()); });
  }

private:
  template <class Step>
  bool repeat(Step step) {
    for (int result = step(); result != 1; result = step()) {
      auto why = SSL_get_error(ssl_.get(), result);
      if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
        return false;
      pollfd wanted{fd_, static_cast<short>(why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT), 0};
      if (::poll(&wanted, 1, 20'000) != 1)
        return false;
    }
    return true;
  }

  int fd_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  size_t begun_ = 0; ///< size of a write that OpenSSL wants repeated
};

class channel_fixture : public testing::TestWithParam<channel_side> {
protected:
  channel_fixture() {
    auto sockets = make_sockets();
    peer_fd = std::move(sockets.server);
    peer = std::make_unique<openssl_peer>(peer_fd.get(), tls);
    auto accepted = std::async(std::launch::async, [this] { return peer->shake_hands_with(GetParam()); });
    auto opened = channel::open(std::move(sockets.client), GetParam(), tls, std::chrono::steady_clock::now() + 20s);
    if (!accepted.get() || !opened)
      throw std::runtime_error("no TLS");
    end = std::make_unique<channel>(std::move(*opened));
    own_fd = unique_fd{end->release_fd()};
  }

  /// Reads until nothing is there or the stream ends.
  progress read_all(std::string& to, size_t at_a_time = 4'096) {
    std::string chunk(at_a_time, '\0');
    while (true) {
      size_t got = 0;
      auto went = end->try_read(chunk.data(), chunk.size(), got);
      to.append(chunk, 0, got);
      if (went == progress::ended || (went == progress::none_now && !is_readable()))
        return went;
    }
  }

  bool is_readable() const {
    pollfd wanted{own_fd.get(), POLLIN, 0};
    return ::poll(&wanted, 1, 0) == 1;
  }

  /// Writes without a reader, until the socket takes no more. Returns what was reported as written.
  size_t fill(const std::string& bytes) {
    size_t written = 0;
    while (true) {
      size_t put = 0;
      auto went = end->try_write(bytes.data() + written, bytes.size() - written, put);
      EXPECT_NE(went, progress::ended);
      written += put;
      if (went != progress::done || written == bytes.size())
        return written;
    }
  }

  /// Writes the rest while the peer reads. Returns all that it got.
  std::string drain(const std::string& bytes, size_t written) {
    std::string got;
    while (got.size() < bytes.size()) {
      auto more = peer->read_some(3'000);
      got += more;
      size_t put = 0;
      if (written < bytes.size()) {
        if (end->try_write(bytes.data() + written, bytes.size() - written, put) == progress::ended)
          return got;
        written += put;
      }
    }
    return got;
  }

  test_ca ca;
  tls_context tls = *tls_context::make(ca.issue("n"));
  unique_fd peer_fd, own_fd;
  std::unique_ptr<openssl_peer> peer;
  std::unique_ptr<channel> end;
};

INSTANTIATE_TEST_SUITE_P(of, channel_fixture, testing::Values(channel_side::client, channel_side::server),
                         [](const auto& side) { return side.param == channel_side::client ? "client" : "server"; });

/// Bytes of which no two stretches are alike.
std::string pattern(size_t size) {
  std::string out;
  for (uint32_t i = 0; out.size() < size; ++i)
    out += std::to_string(i * 2'654'435'761U) + ",";
  out.resize(size);
  return out;
}

TEST_P(channel_fixture, reads_many_records_at_once_and_says_that_more_were_received) {
  for (int i = 0; i < 10; ++i)
    ASSERT_TRUE(peer->send("0123456789"));
  char first[10];
  size_t got = 0;
  ASSERT_EQ(end->try_read(first, sizeof first, got), progress::done);
  EXPECT_EQ(got, sizeof first);
  EXPECT_FALSE(is_readable()) << "all of it was received";
  EXPECT_TRUE(end->has_received());
  std::string rest(90, '\0');
  for (size_t have = 0; have < rest.size(); have += got)
    ASSERT_EQ(end->try_read(rest.data() + have, rest.size() - have, got, false), progress::done);
  EXPECT_FALSE(end->has_received());
  EXPECT_EQ(end->try_read(rest.data(), rest.size(), got), progress::none_now);
}

TEST_P(channel_fixture, receives_nothing_more_unless_it_may) {
  ASSERT_TRUE(peer->send("early"));
  char to[100];
  size_t got = 0;
  EXPECT_EQ(end->try_read(to, sizeof to, got, false), progress::none_now);
  EXPECT_TRUE(is_readable());
  EXPECT_EQ(end->try_read(to, sizeof to, got), progress::done);
  EXPECT_EQ((std::string{to, got}), "early");
}

TEST_P(channel_fixture, counts_bytes_as_written_when_the_socket_has_all_of_a_batch) {
  auto bytes = pattern(3 << 20);
  auto written = fill(bytes);
  EXPECT_LT(written, bytes.size());
  EXPECT_EQ(written % defaults::tls_batch_bytes, 0u);
  EXPECT_EQ(drain(bytes, written), bytes);
}

TEST_P(channel_fixture, ends_with_a_closing_alert_after_all_that_came_before) {
  auto bytes = pattern(50'000);
  ASSERT_TRUE(peer->send(bytes));
  ASSERT_EQ(SSL_shutdown(peer->session()), 0) << "sent, and the other end has not answered";
  std::string got;
  EXPECT_EQ(read_all(got), progress::ended);
  EXPECT_EQ(got, bytes);
}

TEST_P(channel_fixture, ends_when_the_connection_is_cut_without_one) {
  auto bytes = pattern(50'000);
  ASSERT_TRUE(peer->send(bytes));
  ::shutdown(peer_fd.get(), SHUT_RDWR);
  std::string got;
  EXPECT_EQ(read_all(got), progress::ended);
  EXPECT_EQ(got, bytes) << "what came whole is read";
}

TEST_P(channel_fixture, ends_within_a_record_that_is_cut_and_shows_nothing_of_it) {
  ASSERT_TRUE(peer->send("whole"));
  const std::string_view torn{"\x17\x03\x03\x01\x00torn", 9}; // the header of a record of 256 bytes
  ASSERT_EQ(::send(peer_fd.get(), torn.data(), torn.size(), 0), 9);
  ::shutdown(peer_fd.get(), SHUT_WR);
  std::string got;
  EXPECT_EQ(read_all(got), progress::ended);
  EXPECT_EQ(got, "whole");
}

TEST_P(channel_fixture, ends_at_a_record_that_was_tampered_with) {
  const std::string_view forged{"\x17\x03\x03\x00\x20________________________________", 37};
  ASSERT_EQ(::send(peer_fd.get(), forged.data(), forged.size(), 0), 37);
  std::string got;
  EXPECT_EQ(read_all(got), progress::ended);
  EXPECT_EQ(got, "");
}

TEST_P(channel_fixture, notices_at_a_write_that_the_peer_is_gone) {
  peer_fd = unique_fd{};
  size_t put = 0;
  EXPECT_EQ(end->try_write("x", 1, put), progress::ended);
}

TEST_P(channel_fixture, goes_on_with_new_keys_of_either_end) {
  for (bool asks : {false, true, true}) {
    ASSERT_TRUE(peer->send("old"));
    ASSERT_TRUE(peer->update_keys(asks));
    ASSERT_TRUE(peer->send("new"));
    std::string got;
    EXPECT_EQ(read_all(got), progress::none_now);
    EXPECT_EQ(got, "oldnew");
    size_t put = 0;
    ASSERT_EQ(end->try_write("answer", 6, put), progress::done);
    EXPECT_EQ(peer->read_some(100), "answer");
  }
}

TEST_P(channel_fixture, answers_a_key_update_while_the_peer_does_not_read) {
  auto bytes = pattern(3 << 20);
  auto written = fill(bytes);
  ASSERT_TRUE(peer->update_keys(true));
  ASSERT_TRUE(peer->send("and goes on reading"));
  std::string got;
  EXPECT_EQ(read_all(got), progress::none_now);
  EXPECT_EQ(got, "and goes on reading");
  EXPECT_EQ(drain(bytes, written), bytes);
}

TEST_P(channel_fixture, ends_when_a_peer_asks_for_keys_without_end_and_reads_nothing) {
  constexpr size_t answer_bytes = 22; // at least: the smallest record
  fill(pattern(3 << 20));
  std::string got;
  auto went = progress::none_now;
  for (size_t i = 0; i < defaults::max_tls_unsent_bytes / answer_bytes && went == progress::none_now; ++i) {
    ASSERT_TRUE(peer->update_keys(true));
    went = read_all(got);
  }
  EXPECT_EQ(went, progress::ended);
}

/// Passes bytes on in pieces of random sizes, as a network does.
class splitting_wire {
public:
  splitting_wire(int from, int to, std::mt19937& random) : from_{from}, to_{to}, random_{random} {
  }

  void step() {
    if (held_.size() < 40'000) {
      std::string more(20'000, '\0');
      auto got = ::recv(from_, more.data(), more.size(), MSG_DONTWAIT);
      held_.append(more, 0, got > 0 ? static_cast<size_t>(got) : 0);
    }
    auto piece = std::min<size_t>(held_.size(), random_() % 3 == 0 ? random_() % 8 : random_() % 20'000);
    if (piece == 0)
      return;
    auto put = ::send(to_, held_.data(), piece, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put > 0)
      held_.erase(0, static_cast<size_t>(put));
  }

private:
  int from_, to_;
  std::mt19937& random_;
  std::string held_;
};

/// One direction: what is to be sent, and what has arrived.
struct flow {
  std::string bytes;
  size_t written = 0;
  std::string got;

  bool is_done() const {
    return got.size() >= bytes.size();
  }
};

TEST(channel_on_a_network, carries_both_ways_whatever_the_pieces) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937 random{seed};
  test_ca ca;
  auto tls = *tls_context::make(ca.issue("n"));
  for (int round = 0; round < 20; ++round) {
    auto near = make_sockets(), far = make_sockets();
    openssl_peer peer{far.client.get(), tls};
    splitting_wire there{near.server.get(), far.server.get(), random},
      back{far.server.get(), near.server.get(), random};
    std::atomic<bool> connected = false;
    auto wires = std::async(std::launch::async, [&] {
      for (; !connected; std::this_thread::yield()) {
        there.step();
        back.step();
      }
    });
    auto accepted = std::async(std::launch::async, [&] { return peer.shake_hands_with(channel_side::client); });
    auto opened =
      channel::open(std::move(near.client), channel_side::client, tls, std::chrono::steady_clock::now() + 20s);
    bool shook = accepted.get();
    connected = true;
    wires.get();
    ASSERT_TRUE(shook && opened);
    auto end = std::move(*opened);
    unique_fd owned{end.release_fd()};
    flow out, in;
    out.bytes = pattern(random() % 600'000);
    in.bytes = pattern(random() % 600'000);
    for (size_t steps = 0; !out.is_done() || !in.is_done(); ++steps) {
      ASSERT_LT(steps, 2'000'000u) << "it stands still: " << out.got.size() << " and " << in.got.size();
      size_t most = 1 + random() % 50'000;
      switch (random() % 7) {
      case 0:
        if (out.written < out.bytes.size()) {
          size_t put = 0; // the size is the same until the socket has taken the batch, as CAF's is
          ASSERT_NE(end.try_write(out.bytes.data() + out.written, out.bytes.size() - out.written, put),
                    progress::ended);
          out.written += put;
        }
        break;
      case 1: {
        std::string chunk(most, '\0');
        size_t got = 0;
        ASSERT_NE(end.try_read(chunk.data(), chunk.size(), got, random() % 4 != 0), progress::ended);
        in.got.append(chunk, 0, got);
        break;
      }
      case 2:
        if (in.written < in.bytes.size())
          in.written += peer.send_some(std::string_view{in.bytes}.substr(in.written), most);
        break;
      case 3:
        out.got += peer.read_some(most);
        break;
      case 4:
        if (random() % 50 == 0)
          SSL_key_update(peer.session(), random() % 2 == 0 ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
        break;
      case 5:
        there.step();
        break;
      default:
        back.step();
      }
    }
    EXPECT_EQ(out.got, out.bytes);
    EXPECT_EQ(in.got, in.bytes);
  }
}

} // namespace
} // namespace hive
