#include "actors/hive/link/channel_scribe.hpp"

#include "actors/defaults.hpp"
#include "actors/hive/link/frame_filter.hpp"
#include "messages/ec.hpp"
#include "platform/log.hpp"

#include <caf/io/broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/network/default_multiplexer.hpp>
#include <caf/io/network/stream_impl.hpp>
#include <sys/socket.h>

namespace hive {
namespace {

using caf::io::network::default_multiplexer;
using caf::io::network::native_socket;
using caf::io::network::rw_state;

/// I/O policy of CAF's stream: reads and writes through the channel and filters what comes in.
class channel_policy {
public:
  channel_policy(channel stream, std::shared_ptr<const actor_allowlist> allowlist)
      : stream_{std::move(stream)}, filter_{std::move(allowlist)} {
  }

  rw_state read_some(size_t& got, native_socket, void* to, size_t size) {
    auto went = stream_.try_read(static_cast<char*>(to), size, got, !std::exchange(only_received_, false));
    if (went == channel::progress::done)
      if (auto refused = filter_.pass({static_cast<const char*>(to), got})) {
        log::warn("Closing connection: {} remote={}", text_of(refused), stream_.remote());
        return rw_state::failure;
      }
    return to_state(went);
  }

  rw_state write_some(size_t& put, native_socket, const void* from, size_t size) {
    put = 0;
    if (size == 0)
      return rw_state::indeterminate; // nothing to wait for
    return to_state(stream_.try_write(static_cast<const char*>(from), size, put));
  }

  /// CAF asks this after as many reads in a row as it grants one connection. What was received is read to its end,
  /// because polling the socket does not report it. Nothing more is received, or a busy peer would starve the others.
  bool must_read_more(native_socket, size_t) {
    return only_received_ = stream_.has_received();
  }

private:
  /// CAF takes success with no bytes as a request to wait for the socket.
  static rw_state to_state(channel::progress went) {
    return went == channel::progress::ended ? rw_state::failure : rw_state::success;
  }

  channel stream_;
  frame_filter filter_;
  bool only_received_ = false; ///< the next read gets what was received earlier
};

class channel_scribe : public caf::io::scribe {
public:
  channel_scribe(default_multiplexer& multiplexer, native_socket socket, channel stream,
                 std::shared_ptr<const actor_allowlist> allowlist)
      : scribe{caf::io::network::conn_hdl_from_socket(socket)},
        remote_{endpoint::parse(stream.remote()).value_or(endpoint{})}, stream_{multiplexer, socket, std::move(stream),
                                                                                std::move(allowlist)} {
  }

  void configure_read(caf::io::receive_policy::config config) override {
    stream_.configure_read(config);
    if (launched_)
      return;
    launched_ = true;
    stream_.start(this);
  }

  void ack_writes(bool enable) override {
    stream_.ack_writes(enable);
  }

  std::vector<char>& wr_buf() override {
    return stream_.wr_buf();
  }

  std::vector<char>& rd_buf() override {
    return stream_.rd_buf();
  }

  void graceful_shutdown() override {
    stream_.graceful_shutdown();
    detach(&stream_.backend(), false);
  }

  void flush() override {
    if (stream_.wr_buf().size() > defaults::max_unsent_bytes)
      cut();
    stream_.flush(this);
  }

  std::string addr() const override {
    return remote_.address;
  }

  uint16_t port() const override {
    return remote_.port;
  }

  void add_to_loop() override {
    stream_.activate(this);
  }

  void remove_from_loop() override {
    stream_.passivate();
  }

private:
  /// Cuts off a peer that sends requests without reading the answers. CAF notices the shutdown at its next read.
  void cut() {
    stream_.wr_buf().clear();
    ::shutdown(stream_.fd(), SHUT_RDWR);
    if (!std::exchange(is_cut_, true))
      log::warn("Closing connection: send buffer exceeds {} bytes (peer not reading) remote={}",
                defaults::max_unsent_bytes, remote_.text());
  }

  endpoint remote_;
  bool launched_ = false;
  bool is_cut_ = false;
  caf::io::network::stream_impl<channel_policy> stream_;
};

} // namespace

caf::io::scribe_ptr make_scribe(caf::actor_system& system, channel stream,
                                std::shared_ptr<const actor_allowlist> allowlist) {
  auto& multiplexer = static_cast<default_multiplexer&>(system.middleman().backend());
  auto socket = stream.release_fd(); // CAF's stream closes it
  return caf::make_counted<channel_scribe>(multiplexer, socket, std::move(stream), std::move(allowlist));
}

} // namespace hive
