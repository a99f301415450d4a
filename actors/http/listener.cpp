#include "actors/http/listener.hpp"

#include "actors/http/acceptor.hpp"
#include "actors/http/connection.hpp"
#include "actors/http/response_head.hpp"
#include "actors/http/socket_file.hpp"
#include "actors/http/tls_identity.hpp"
#include "platform/log.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <caf/all.hpp>
#include <future>
#include <thread>

namespace hive::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// Whether nobody gets in without showing a token or a certificate.
bool is_guarded(const server_options& options) {
  return !options.tokens.empty() || (options.tls && options.open == role::anyone);
}

/// The IP address in the options, if it may be served like that.
caf::expected<asio::ip::address> address_of(const server_options& options) {
  error_code error;
  auto address = asio::ip::make_address(options.address == "localhost" ? "127.0.0.1" : options.address, error);
  if (error)
    return fail(ec::invalid, options.address + " is neither an IP address nor localhost");
  if (address.is_loopback())
    return address;
  if (!options.tls && !options.insecure)
    return fail(ec::invalid, options.endpoint() +
                               " can be reached by other machines, and hived serves HTTP without TLS. Either configure "
                               "certificate and key in [http]; or listen on 127.0.0.1 and put a proxy in front that "
                               "speaks TLS; or, where the network can be trusted, configure [[http.tokens]] and, in "
                               "[http], insecure = true");
  if (!is_guarded(options))
    return fail(ec::invalid, options.endpoint() +
                               " can be reached by other machines, who would need no token. Configure "
                               "[[http.tokens]] or, in [http], tokens_file; or client_ca and open = \"none\", which "
                               "lets certificates in alone");
  return address;
}

/// Answers a connection for which there is no room, as far as possible without blocking.
void turn_away(client_socket::plain_socket socket, size_t most) {
  auto why = problem(fail(ec::overloaded, "all " + std::to_string(most) + " connections are in use"));
  auto answer = response_head(why, {}) + why.body;
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(answer), ignored);
  socket.shutdown(asio::socket_base::shutdown_send, ignored);
  char request[4096]; // if the request stayed unread, the kernel would discard the answer
  socket.read_some(asio::buffer(request), ignored);
}

class thread_listener final : public listener, public std::enable_shared_from_this<thread_listener> {
public:
  thread_listener(server_options options, server_services services)
      : core_{std::make_shared<server_core>(std::move(options), std::move(services))},
        acceptor_{core_->context,
                  {[this](client_socket::plain_socket accepted) { take_in_tcp(std::move(accepted)); },
                   [this] { return core_->make_room(); }, [this](const std::string& why) { die(why); }}},
        local_{core_->context,
               {[this](client_socket::plain_socket accepted) { take_in_unix(std::move(accepted)); },
                [this] { return core_->make_room(); }, [this](const std::string& why) { die(why); }}} {
  }

  caf::error bind() {
    auto address = address_of(core_->options);
    if (!address)
      return address.error();
    if (auto error = acceptor_.listen({*address, core_->options.port}))
      return fail(ec::unavailable, "cannot listen on " + core_->options.endpoint() + ": " + text_of(error));
    port_ = acceptor_.port();
    const auto& local = core_->options.unix_socket;
    if (local.path.empty())
      return caf::none;
    return file_.claim(local.path, local.mode,
                       [&] { return local_.listen(asio::local::stream_protocol::endpoint{local.path.native()}); });
  }

  uint16_t port() const override {
    return port_;
  }

  size_t in_flight() const override {
    return core_->flights->total();
  }

  void serve(caf::actor gateway) override {
    core_->gateway = std::move(gateway);
    acceptor_.start();
    if (!file_.path().empty())
      local_.start();
    thread_ = std::thread{[self = shared_from_this()] { self->run(); }};
  }

  bool is_alive() override {
    if (!has_answered_.exchange(false))
      return ++missed_ < defaults::http_watch_misses;
    missed_ = 0;
    asio::post(core_->context, [this] { has_answered_ = true; });
    return true;
  }

  void drain() override {
    core_->draining = true;
    core_->end_streams();
    core_->refuse_exchanges(server_core::exchanges::waiting);
    asio::post(core_->context, [this] { close_acceptors(); });
  }

  void close() override {
    if (!thread_.joinable())
      return;
    core_->draining = true;
    core_->refuse_exchanges(server_core::exchanges::all);
    core_->end_streams();
    if (!core_->flights->wait_zero(defaults::http_flush_timeout))
      log::warn("HTTP server closes connections whose clients did not read the last answer");
    core_->stop_aside();
    asio::post(core_->context, [this] {
      close_acceptors();
      core_->close_all();
      work_.reset();
    });
    if (ended_.wait_for(defaults::http_flush_timeout) != std::future_status::ready) {
      // The thread cannot be stopped, and joining it would block its owner too.
      log::error("The HTTP server's thread is stuck; it is abandoned together with its port");
      return thread_.detach();
    }
    thread_.join();
    core_->close_all(); // in case the thread failed before it could do this
    core_->context.restart();
    core_->context.poll();
  }

private:
  /// The server's thread.
  void run() {
    try {
      core_->context.run();
    } catch (const std::exception& e) {
      die(e.what());
    }
    end_.set_value();
  }

  void close_acceptors() {
    acceptor_.close();
    local_.close();
  }

  void take_in_tcp(client_socket::plain_socket accepted) {
    const auto& tls = core_->options.tls;
    take_in(std::move(accepted), tls ? tls->current() : nullptr, nullptr);
  }

  void take_in_unix(client_socket::plain_socket accepted) {
    auto user = user_behind(accepted.native_handle());
    if (!user)
      return log::warn("A client of the Unix socket is refused: {}.", text_of(user.error()));
    auto from = std::make_shared<const peer>(core_->options.unix_socket.roles.known_as(*user));
    take_in(std::move(accepted), nullptr, std::move(from));
  }

  void take_in(client_socket::plain_socket accepted, std::shared_ptr<tls_identity::context> tls,
               std::shared_ptr<const peer> from) {
    auto most = core_->options.max_connections;
    if (core_->connections.size() >= most && !core_->make_room()) {
      if (!tls) // with TLS, the answer would cost a handshake
        turn_away(std::move(accepted), most);
      return;
    }
    auto opened = std::make_shared<connection>(core_, std::move(accepted), std::move(tls), std::move(from));
    core_->add(opened);
    opened->start();
  }

  /// Ends the gateway, so that the supervisor starts a new server.
  void die(const std::string& why) {
    log::error("The HTTP server no longer listens: {}", why);
    auto reason = fail(ec::internal, "the HTTP server no longer listens: " + why);
    caf::anon_send(core_->gateway, caf::exit_msg{core_->gateway.address(), std::move(reason)});
  }

  const std::shared_ptr<server_core> core_;
  acceptor acceptor_;
  acceptor local_; ///< of the Unix socket
  socket_file file_;
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(core_->context);
  uint16_t port_ = 0;
  std::atomic<bool> has_answered_ = true; ///< the thread has run since the last check
  uint32_t missed_ = 0;                   ///< number of consecutive checks without an answer
  std::promise<void> end_;                ///< set when the thread ends
  std::future<void> ended_ = end_.get_future();
  std::thread thread_;
};

} // namespace

caf::error listener::check_address(const server_options& options) {
  auto address = address_of(options);
  return address ? caf::error{} : address.error();
}

caf::expected<std::shared_ptr<listener>> listener::open(server_options options, server_services services) {
  auto out = std::make_shared<thread_listener>(std::move(options), std::move(services));
  if (auto error = out->bind())
    return error;
  return std::shared_ptr<listener>{std::move(out)};
}

} // namespace hive::http
