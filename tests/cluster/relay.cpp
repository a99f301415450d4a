#include "tests/cluster/relay.hpp"

#include "platform/socket.hpp"

#include <array>
#include <chrono>
#include <list>
#include <poll.h>
#include <sys/socket.h>

namespace hive::cluster {
namespace {

constexpr int poll_ms = 20;

/// An accepted connection, and the one from the relay to the door.
struct passage {
  unique_fd from;
  unique_fd to;
};

/// Forwards what has arrived. False: the connection has ended.
bool pass_on(int from, int to) {
  std::array<char, 65'536> bytes;
  auto got = ::recv(from, bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got < 0)
    return errno == EAGAIN || errno == EINTR;
  for (ssize_t put = 0; put < got;) {
    auto sent = ::send(to, bytes.data() + put, static_cast<size_t>(got - put), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN)
      return false;
    pollfd room{to, POLLOUT, 0};
    ::poll(&room, 1, poll_ms);
    put += std::max<ssize_t>(sent, 0);
  }
  return got > 0;
}

} // namespace

relay::relay(const std::string& door) {
  auto listening = listen_socket({"127.0.0.1", 0});
  if (!listening)
    throw std::runtime_error("the relay cannot listen");
  at_ = listening->at.text();
  thread_ = std::thread{[this, fd = listening->fd.release(), door] { run(fd, door); }};
}

relay::~relay() {
  stopped_ = true;
  thread_.join();
}

void relay::run(int listening, std::string door) {
  unique_fd listener{listening};
  std::list<passage> passages;
  while (!stopped_) {
    std::vector<pollfd> wait{{listener.get(), POLLIN, 0}};
    for (const auto& each : passages) {
      wait.push_back({each.from.get(), POLLIN, 0});
      if (reads_)
        wait.push_back({each.to.get(), POLLIN, 0});
    }
    ::poll(wait.data(), wait.size(), poll_ms);
    if (wait[0].revents != 0) {
      unique_fd came{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
      auto on = connect_socket(*endpoint::parse(door), std::chrono::steady_clock::now() + std::chrono::seconds{5});
      if (came && on)
        passages.push_back({std::move(came), std::move(*on)});
    }
    std::erase_if(passages, [&](const passage& each) {
      return !pass_on(each.from.get(), each.to.get()) || (reads_ && !pass_on(each.to.get(), each.from.get()));
    });
  }
}

} // namespace hive::cluster
