#include "actors/http/listener.hpp"

#include "actors/http/flight_counter.hpp"
#include "actors/http/gateway.hpp"
#include "actors/http/metrics.hpp"
#include "actors/http/path_tree.hpp"
#include "actors/http/response_stream.hpp"
#include "actors/http/restinio_traits.hpp"
#include "actors/http/screening.hpp"

#include <caf/all.hpp>
#include <spdlog/spdlog.h>
#include <thread>
#include <unordered_map>

namespace hive::http {
namespace {

namespace asio = restinio::asio_ns;

using restinio_server = restinio::http_server_t<restinio_traits>;

std::string_view view(restinio::string_view_t text) {
  return {text.data(), text.size()};
}

std::string_view field_of(const restinio::http_request_header_t& header, restinio::http_field name) {
  auto* value = header.try_get_field(name);
  return value ? std::string_view{*value} : std::string_view{};
}

request_head head_of(const restinio::http_request_header_t& header) {
  request_head out;
  out.method = header.method().c_str();
  out.path = view(header.path());
  out.query = view(header.query());
  out.host = field_of(header, restinio::http_field::host);
  out.hosts = header.has_field(restinio::http_field::host) ? 1 : 0;
  out.authorization = field_of(header, restinio::http_field::authorization);
  out.content_type = field_of(header, restinio::http_field::content_type);
  if (auto* origin = header.try_get_field("Origin"))
    out.origin = *origin;
  if (auto* last = header.try_get_field("Last-Event-ID"))
    out.last_event_id = *last;
  return out;
}

void log_answer(std::string_view verb, std::string_view path, const response& what) {
  if (what.failure.empty())
    return;
  constexpr auto line = "The HTTP server answers {} {} with {}: {}";
  if (what.status >= 500 && what.status != 503) // 503 would flood the log just when there is most to do
    spdlog::error(line, verb, path, what.status, what.failure);
  else
    spdlog::debug(line, verb, path, what.status, what.failure);
}

class restinio_listener;

/// What a RESTinio request is to the rest of the server.
class restinio_exchange final : public exchange, public std::enable_shared_from_this<restinio_exchange> {
public:
  restinio_exchange(std::shared_ptr<restinio_listener> server, restinio::request_handle_t incoming,
                    route_metrics& metrics);
  ~restinio_exchange() override;

  const http::request& request() const override {
    return request_;
  }

  http::request& request() {
    return request_;
  }

  void answer(response what) override;
  std::shared_ptr<body_stream> stream(response head) override;
  void forward(action next) override;

private:
  /// Counts the answer and gives its head.
  template <class Output>
  restinio::response_builder_t<Output> begin_answer(response what);

  const std::shared_ptr<restinio_listener> server_; // first, as the request's socket lives in its io_context
  const restinio::request_handle_t incoming_;
  route_metrics& metrics_;
  http::request request_;
  const std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
  std::atomic_flag answered_;
};

class restinio_listener final : public listener, public std::enable_shared_from_this<restinio_listener> {
public:
  restinio_listener(caf::actor_system& system, server_options options, std::vector<route> routes,
                    std::shared_ptr<prometheus::Registry> metrics)
      : system_{system}, options_{std::move(options)}, routes_{std::move(routes)}, paths_{routes_}, metrics_{std::move(
                                                                                                               metrics),
                                                                                                             routes_} {
  }

  ~restinio_listener() override {
    close();
  }

  caf::error bind();

  uint16_t port() const override {
    return options_.port;
  }

  size_t in_flight() const override {
    return flights_->count();
  }

  void serve(caf::actor gateway) override;
  void drain() override;
  void close() override;

private:
  friend class restinio_exchange;

  restinio::request_handling_status_t handle(const restinio::request_handle_t& incoming);

  /// Why the request goes no further, or nothing. Otherwise `into` is ready for the route's handler.
  std::optional<response> refuse(const restinio::request_t& incoming, const path_tree::match& match,
                                 http::request& into) const;

  /// Runs the route's handler: here when that is quick, else in an actor of its own.
  void run(const std::shared_ptr<restinio_exchange>& what, const route& to);

  void forget(exchange* gone);

  /// Remembers a stream, so that it ends with the server.
  void keep(const std::shared_ptr<response_stream>& added);
  void end_streams();

  caf::actor_system& system_;
  server_options options_;
  const std::vector<route> routes_;
  const path_tree paths_;
  server_metrics metrics_;
  const std::shared_ptr<flight_counter> flights_ = std::make_shared<flight_counter>(); // outlived by last writes
  std::atomic<size_t> body_bytes_ = 0;                                                 ///< of the exchanges
  std::atomic<bool> draining_ = false;
  caf::actor gateway_;
  std::mutex exchanges_mutex_; // guards exchanges_ and streams_
  std::unordered_map<exchange*, std::weak_ptr<exchange>> exchanges_;
  std::vector<std::weak_ptr<response_stream>> streams_;
  asio::io_context io_context_{1};
  std::unique_ptr<restinio_server> server_;
  std::thread thread_;
};

// -- exchange -----------------------------------------------------------------

restinio_exchange::restinio_exchange(std::shared_ptr<restinio_listener> server, restinio::request_handle_t incoming,
                                     route_metrics& metrics)
    : server_{std::move(server)}, incoming_{std::move(incoming)}, metrics_{metrics} {
  server_->flights_->begin();
  server_->body_bytes_ += incoming_->body().size();
}

restinio_exchange::~restinio_exchange() {
  server_->forget(this);
  server_->body_bytes_ -= incoming_->body().size();
  answer(problem(fail(ec::unavailable, "the service that was asked has ended")));
}

template <class Output>
restinio::response_builder_t<Output> restinio_exchange::begin_answer(response what) {
  auto& header = incoming_->header();
  log_answer(header.method().c_str(), view(header.path()), what);
  std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - since_;
  metrics_.count(what.status, elapsed.count());
  auto status = restinio::http_status_code_t{static_cast<uint16_t>(what.status)};
  auto out = incoming_->create_response<Output>({status, std::string{reason_phrase(what.status)}});
  // A request for an upgrade, which is never granted, leaves the connection in no state to go on from.
  if (server_->draining_ || header.has_field(restinio::http_field::upgrade))
    out.connection_close();
  out.append_header(restinio::http_field::content_type, std::move(what.content_type));
  out.append_header_date_field();
  for (auto& [name, value] : what.headers)
    out.append_header(name, value);
  return out;
}

void restinio_exchange::answer(response what) {
  if (answered_.test_and_set())
    return;
  auto body = std::move(what.body);
  auto out = begin_answer<restinio::restinio_controlled_output_t>(std::move(what));
  out.set_body(std::move(body));
  out.done([flights = server_->flights_](const asio::error_code&) { flights->end(); });
}

std::shared_ptr<body_stream> restinio_exchange::stream(response head) {
  if (answered_.test_and_set())
    return nullptr;
  auto builder = begin_answer<restinio::chunked_output_t>(std::move(head));
  builder.connection_close(); // it ends with the stream, so that nothing waits behind it
  auto out = std::make_shared<response_stream>(server_->io_context_, std::move(builder), server_->flights_);
  server_->keep(out);
  return out;
}

void restinio_exchange::forward(action next) {
  // When the gateway has gone the message is dropped, and the exchange with it.
  caf::anon_send(server_->gateway_, forwarded{shared_from_this(), std::move(next)});
}

// -- listener -----------------------------------------------------------------

std::optional<response> restinio_listener::refuse(const restinio::request_t& incoming, const path_tree::match& match,
                                                  http::request& into) const {
  auto head = head_of(incoming.header());
  auto size = incoming.body().size();
  server_load load{draining_, flights_->count() - 1, body_bytes_ - size, 0};
  if (auto refusal = screen(head, match, load, options_))
    return refusal;
  if (auto refusal = screen_body(size, load, options_))
    return refusal;
  into.body = incoming.body();
  return read_head(head, match, into);
}

restinio::request_handling_status_t restinio_listener::handle(const restinio::request_handle_t& incoming) {
  auto match = paths_.find(route_method(incoming->header().method().c_str()), view(incoming->header().path()));
  auto what = std::make_shared<restinio_exchange>(shared_from_this(), incoming, metrics_.of(match.found));
  {
    std::lock_guard lock{exchanges_mutex_};
    exchanges_.emplace(what.get(), what);
  }
  metrics_.set_in_flight(flights_->count());
  if (auto refusal = refuse(*incoming, match, what->request()))
    what->answer(std::move(*refusal));
  else
    run(what, *match.found);
  return restinio::request_accepted();
}

void restinio_listener::run(const std::shared_ptr<restinio_exchange>& what, const route& to) {
  if (what->request().body.size() <= defaults::max_inline_json_bytes)
    return run_handler(to.handle, what);
  system_.spawn<caf::hidden>([what, handle = to.handle](caf::event_based_actor*) { run_handler(handle, what); });
}

void restinio_listener::forget(exchange* gone) {
  std::lock_guard lock{exchanges_mutex_};
  exchanges_.erase(gone);
}

void restinio_listener::keep(const std::shared_ptr<response_stream>& added) {
  {
    std::lock_guard lock{exchanges_mutex_};
    std::erase_if(streams_, [](const auto& known) { return known.expired(); });
    streams_.push_back(added);
  }
  if (draining_) // after end_streams has looked
    added->end();
}

void restinio_listener::end_streams() {
  std::vector<std::weak_ptr<response_stream>> left;
  {
    std::lock_guard lock{exchanges_mutex_};
    left.swap(streams_);
  }
  for (const auto& each : left)
    if (auto open = each.lock())
      open->end();
}

/// The IP address that the option means, if it is one that may be served without TLS.
caf::expected<asio::ip::address> address_of(const server_options& options) {
  asio::error_code error;
  auto address = asio::ip::make_address(options.address == "localhost" ? "127.0.0.1" : options.address, error);
  if (error)
    return fail(ec::invalid, options.address + " is neither an IP address nor localhost");
  if (!address.is_loopback() && (options.tokens.empty() || !options.insecure))
    return fail(ec::invalid, options.endpoint() +
                               " can be reached by other machines, and hived serves HTTP without TLS. Either listen on "
                               "127.0.0.1 and put a proxy in front that speaks TLS; or, where the network can be "
                               "trusted, configure [[http.tokens]] and, in [http], insecure = true");
  return address;
}

caf::error restinio_listener::bind() {
  auto address = address_of(options_);
  if (!address)
    return address.error();
  auto gate = std::make_shared<connection_gate>(options_.max_connections);
  auto most_received = defaults::max_received_factor * options_.max_body_bytes_in_flight;
  asio::use_service<received_bytes>(io_context_).limit_to(most_received, most_received / options_.max_connections);
  auto limits = restinio::incoming_http_msg_limits_t{}
                  .max_url_size(defaults::max_url_bytes)
                  .max_field_name_size(defaults::max_header_bytes)
                  .max_field_value_size(defaults::max_header_bytes)
                  .max_field_count(defaults::max_header_fields)
                  .max_body_size(options_.max_body_bytes * defaults::refused_body_factor);
  restinio::server_settings_t<restinio_traits> settings;
  settings.address(*address)
    .port(options_.port)
    .ip_blocker(gate)
    .connection_state_listener(gate)
    .incoming_http_msg_limits(limits)
    .read_next_http_message_timelimit(defaults::client_read_timeout)
    .write_http_response_timelimit(defaults::client_write_timeout)
    // Routes have their own timeouts, the longest of them is that of a capture.
    .handle_request_timeout(defaults::capture_timeout + defaults::request_timeout)
    .socket_options_setter([](restinio::socket_options_t& set) { set.set_option(asio::ip::tcp::no_delay{true}); })
    .acceptor_post_bind_hook([this](asio::ip::tcp::acceptor& bound) { options_.port = bound.local_endpoint().port(); })
    .request_handler([this](const restinio::request_handle_t& incoming) { return handle(incoming); });
  try {
    server_ = std::make_unique<restinio_server>(restinio::external_io_context(io_context_), std::move(settings));
    server_->open_sync();
  } catch (const std::exception& e) {
    return fail(ec::unavailable, "cannot listen on " + options_.endpoint() + ": " + e.what());
  }
  return caf::none;
}

void restinio_listener::serve(caf::actor gateway) {
  gateway_ = std::move(gateway);
  thread_ = std::thread{[this] { io_context_.run(); }};
}

void restinio_listener::drain() {
  draining_ = true;
  end_streams();
  asio::post(io_context_, [this] { server_->close_sync(); });
}

void restinio_listener::close() {
  if (!thread_.joinable())
    return;
  draining_ = true;
  std::vector<std::weak_ptr<exchange>> left;
  {
    std::lock_guard lock{exchanges_mutex_};
    for (const auto& [key, what] : exchanges_)
      left.push_back(what);
  }
  for (const auto& what : left)
    if (auto open = what.lock())
      open->answer(problem(fail(ec::unavailable, "the node stopped before there was an answer")));
  end_streams();
  if (!flights_->wait_idle(defaults::http_flush_timeout))
    spdlog::warn("The HTTP server closes connections whose last answer was not taken.");
  io_context_.stop();
  thread_.join();
  server_.reset();
}

} // namespace

caf::error listener::check_address(const server_options& options) {
  auto address = address_of(options);
  return address ? caf::error{} : address.error();
}

caf::expected<std::shared_ptr<listener>> listener::open(caf::actor_system& system, server_options options,
                                                        std::vector<route> routes,
                                                        std::shared_ptr<prometheus::Registry> metrics) {
  auto out = std::make_shared<restinio_listener>(system, std::move(options), std::move(routes), std::move(metrics));
  if (auto error = out->bind())
    return error;
  return std::shared_ptr<listener>{std::move(out)};
}

} // namespace hive::http
