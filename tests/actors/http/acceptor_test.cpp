#include "actors/http/acceptor.hpp"

#include "tests/support/own_memory.hpp"
#include "tests/support/raw_connection.hpp"

#include <boost/asio/io_context.hpp>
#include <fcntl.h>
#include <sys/resource.h>

namespace hive::http {
namespace {

namespace asio = boost::asio;

/// While it exists, this process can open no descriptor.
class no_descriptors {
public:
  no_descriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    auto none = before_;
    none.rlim_cur = 0;
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~no_descriptors() {
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }

private:
  rlimit before_{};
};

struct counted {
  size_t accepted = 0;
  size_t shortages = 0;
  size_t deaths = 0;

  acceptor::callbacks calls() {
    return {[this](const asio::generic::stream_protocol::socket&) { ++accepted; },
            [this] {
              ++shortages;
              return false;
            },
            [this](const std::string&) { ++deaths; }};
  }
};

TEST(acceptor, goes_on_when_there_are_descriptors_again) {
  if (!memory_is_the_nodes_own)
    GTEST_SKIP() << "UndefinedBehaviorSanitizer opens descriptors to look at the types of objects";
  asio::io_context context;
  counted seen;
  acceptor tested{context, seen.calls()};
  ASSERT_FALSE(tested.listen({asio::ip::address_v4::loopback(), 0}));
  tested.start();
  raw_connection first{tested.port()};
  raw_connection second{tested.port()};
  {
    no_descriptors now;
    while (seen.shortages < 3)
      context.run_one();
  }
  EXPECT_EQ(seen.accepted, 0u);
  while (seen.accepted < 2)
    context.run_one();
  EXPECT_EQ(seen.deaths, 0u);
}

TEST(acceptor, tells_when_its_socket_listens_no_more) {
  asio::io_context context;
  counted seen;
  acceptor tested{context, seen.calls()};
  ASSERT_FALSE(tested.listen({asio::ip::address_v4::loopback(), 0}));
  tested.start();
  for (int fd = 3; fd < 1'024; ++fd) { // shuts down this process's listening sockets: there is only one
    int listens = 0;
    socklen_t size = sizeof listens;
    if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens)
      ::shutdown(fd, SHUT_RDWR);
  }
  while (seen.deaths == 0 && seen.accepted == 0)
    context.run_one();
  EXPECT_EQ(seen.deaths, 1u);
}

TEST(acceptor, closing_is_no_death) {
  asio::io_context context;
  counted seen;
  acceptor tested{context, seen.calls()};
  ASSERT_FALSE(tested.listen({asio::ip::address_v4::loopback(), 0}));
  tested.start();
  tested.close();
  context.run();
  EXPECT_EQ(seen.deaths, 0u);
}

TEST(acceptor, a_port_in_use_is_refused) {
  asio::io_context context;
  counted seen;
  acceptor first{context, seen.calls()};
  acceptor second{context, seen.calls()};
  ASSERT_FALSE(first.listen({asio::ip::address_v4::loopback(), 0}));
  EXPECT_TRUE(second.listen({asio::ip::address_v4::loopback(), first.port()}));
}

} // namespace
} // namespace hive::http
