// What a stranger sends before it is admitted: the frames of the handshake, over a real socket without TLS, to the side
// that was dialled.
//
// Promises: nobody is admitted without a signature over this very conversation, and the handshake ends at once when the
// stranger closes the connection.

#include "actors/hive/link/hello.hpp"
#include "tests/actors/hive/hive_support.hpp"
#include "tests/fuzz/fuzz_target.hpp"

#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace hive;

/// Small enough to fit the socket's buffer whole, so that one thread can play both ends.
constexpr size_t max_sent_bytes = 60'000;

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto self = sender_of(new_identity(), "fuzzed");
  int ends[2];
  fuzz::require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0, "there are sockets");
  unique_fd stranger{ends[0]}, own{ends[1]};
  auto sent = ::send(stranger.get(), data, std::min(size, max_sent_bytes), MSG_NOSIGNAL);
  fuzz::require(sent >= 0 || size == 0, "the socket takes the input");
  ::shutdown(stranger.get(), SHUT_WR);
  auto until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  auto stream = channel::open(std::move(own), channel_side::server, std::nullopt, until);
  if (!stream)
    return 0;
  auto end = perform_handshake(
    *stream, channel_side::server, self, [](const verified_peer&) { return caf::error{}; }, until);
  fuzz::require(!end.peer, "no stranger is admitted");
  fuzz::require(code_of(end.peer.error()) != ec::timed_out, "who closes is not waited for");
  return 0;
}
