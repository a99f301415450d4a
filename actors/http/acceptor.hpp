#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <caf/error.hpp>
#include <chrono>
#include <functional>

namespace hive::http {

/// Accepts connections for as long as its socket listens. When descriptors run out it pauses, says so, and goes on when
/// there are some again. Used by the server's thread alone, which must not be within a callback when it is destroyed.
class acceptor {
public:
  struct callbacks {
    std::function<void(boost::asio::ip::tcp::socket)> on_connection;
    /// No descriptor is left. Whether one was freed.
    std::function<bool()> free_descriptor;
    /// The socket listens no more, although nobody closed it.
    std::function<void(const std::string& why)> on_death;
  };

  acceptor(boost::asio::io_context& context, callbacks calls);

  /// Binds and listens. Fails with ec::unavailable.
  caf::error listen(const boost::asio::ip::tcp::endpoint& at);

  uint16_t port() const;

  void start();
  void close();

private:
  void accept();
  void on_failure(const boost::system::error_code& error);
  void pause(const boost::system::error_code& error);

  boost::asio::ip::tcp::acceptor socket_;
  boost::asio::steady_timer timer_;
  callbacks calls_;
  std::chrono::steady_clock::time_point quiet_until_; ///< before the next line about failures
  bool is_out_ = false;                               ///< no descriptor was left at the last try
};

} // namespace hive::http
