#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <caf/error.hpp>
#include <chrono>
#include <functional>

namespace hive::http {

/// Accepts connections, over TCP or a Unix socket, while its socket listens. When descriptors run out, it logs that,
/// pauses, and retries. Used only by the server's thread. Must not be destroyed inside one of its callbacks.
class acceptor {
public:
  struct callbacks {
    std::function<void(boost::asio::generic::stream_protocol::socket)> on_connection;
    /// Called when no descriptor is left. Returns whether one was freed.
    std::function<bool()> free_descriptor;
    /// Called when the socket stopped listening although nobody closed it.
    std::function<void(const std::string& why)> on_death;
  };

  acceptor(boost::asio::io_context& context, callbacks calls);

  /// Binds and listens. Fails with ec::unavailable.
  caf::error listen(const boost::asio::ip::tcp::endpoint& at);
  caf::error listen(const boost::asio::local::stream_protocol::endpoint& at);

  /// Of TCP.
  uint16_t port() const;

  void start();
  void close();

private:
  void accept();
  void on_failure(const boost::system::error_code& error);
  void pause(const boost::system::error_code& error);

  boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol> socket_;
  boost::asio::steady_timer timer_;
  callbacks calls_;
  std::chrono::steady_clock::time_point quiet_until_; ///< earliest time of the next log line about failures
  bool is_out_ = false;                               ///< no descriptor was left at the last attempt
};

} // namespace hive::http
