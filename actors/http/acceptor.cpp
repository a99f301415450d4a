#include "actors/http/acceptor.hpp"

#include "actors/http/bounds.hpp"
#include "messages/ec.hpp"
#include "platform/log.hpp"

#include <algorithm>
#include <cstring>

namespace hive::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

/// Temporary failures: no descriptors or memory.
bool is_shortage(const error_code& error) {
  for (int known : {EMFILE, ENFILE, ENOBUFS, ENOMEM})
    if (error == error_code{known, boost::system::system_category()})
      return true;
  return false;
}

/// Errors of the connection being accepted, not of the listening socket. See accept(2).
bool is_of_one_connection(const error_code& error) {
  for (int known : {ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, EOPNOTSUPP,
                    ENETUNREACH, EPERM, EINTR, EAGAIN})
    if (error == error_code{known, boost::system::system_category()})
      return true;
  return false;
}

} // namespace

acceptor::acceptor(asio::io_context& context, callbacks calls)
    : socket_{context}, timer_{context}, calls_{std::move(calls)} {
}

caf::error acceptor::listen(const asio::ip::tcp::endpoint& at) {
  error_code error;
  socket_.open(at.protocol(), error);
  if (!error)
    socket_.set_option(asio::socket_base::reuse_address{true}, error);
  if (!error)
    socket_.bind(at, error);
  if (!error)
    socket_.listen(asio::socket_base::max_listen_connections, error);
  return error ? fail(ec::unavailable, error.message()) : caf::error{};
}

caf::error acceptor::listen(const asio::local::stream_protocol::endpoint& at) {
  error_code error;
  socket_.open(at.protocol(), error);
  if (!error)
    socket_.bind(at, error);
  if (!error)
    socket_.listen(asio::socket_base::max_listen_connections, error);
  return error ? fail(ec::unavailable, error.message()) : caf::error{};
}

uint16_t acceptor::port() const {
  auto at = socket_.local_endpoint();
  asio::ip::tcp::endpoint out;
  std::memcpy(out.data(), at.data(), std::min(at.size(), out.capacity()));
  return out.port();
}

void acceptor::start() {
  accept();
}

void acceptor::close() {
  error_code ignored;
  socket_.close(ignored);
  timer_.cancel();
}

void acceptor::accept() {
  socket_.async_accept([this](error_code error, asio::generic::stream_protocol::socket accepted) {
    if (!socket_.is_open())
      return;
    if (error)
      return on_failure(error);
    if (std::exchange(is_out_, false))
      log::info("The HTTP server accepts connections again");
    calls_.on_connection(std::move(accepted));
    accept();
  });
}

void acceptor::on_failure(const error_code& error) {
  if (is_of_one_connection(error))
    return accept();
  if (!is_shortage(error))
    return calls_.on_death(error.message());
  pause(error);
}

void acceptor::pause(const error_code& error) {
  bool freed = calls_.free_descriptor();
  is_out_ = true;
  if (auto now = std::chrono::steady_clock::now(); now >= quiet_until_) {
    quiet_until_ = now + defaults::accept_log_interval;
    log::warn("The HTTP server cannot accept a connection: {}. {}", error.message(),
              freed ? "It closes idle ones" : "It retries until a descriptor is free");
  }
  timer_.expires_after(defaults::accept_pause);
  timer_.async_wait([this](error_code cancelled) {
    if (!cancelled && socket_.is_open())
      accept();
  });
}

} // namespace hive::http
