#pragma once

#include "actors/http/large_turns.hpp"
#include "actors/http/meter.hpp"
#include "actors/http/metrics.hpp"
#include "actors/http/screening.hpp"
#include "actors/http/worker_pool.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <caf/actor.hpp>
#include <mutex>
#include <unordered_map>

namespace hive::http {

class connection;
class live_exchange;
class response_stream;

/// State shared by the connections of one server. For the server's thread only, unless stated otherwise.
class server_core : public std::enable_shared_from_this<server_core> {
public:
  server_core(server_options given, server_services services);

  // -- any thread ----------------------------------------------------------------

  server_load load() const;

  /// Runs long-running work on a separate thread; dropped once the server has closed.
  void run_aside(std::function<void()> work);

  void remember(const std::shared_ptr<live_exchange>& added);
  void forget(live_exchange* gone);
  void remember(const std::shared_ptr<response_stream>& added);

  /// Ends all open streams.
  void end_streams();

  /// Answers running requests with 503: all of them, or those whose routes wait for something to happen.
  enum class exchanges { all, waiting };
  void refuse_exchanges(exchanges which);

  /// Waits for work on separate threads and accepts no more.
  void stop_aside();

  /// Runs `work` on the server's thread, unless the server has closed by then. `work` must not own the server.
  template <class Work>
  void post(Work&& work) {
    boost::asio::post(context, std::forward<Work>(work));
  }

  /// Like `post`, but runs the work immediately if called on the server's thread: each pass through that thread's queue
  /// costs a system call.
  template <class Work>
  void dispatch(Work&& work) {
    boost::asio::dispatch(context, std::forward<Work>(work));
  }

  // -- the server's thread ---------------------------------------------------------

  /// Updates the gauges in the metrics.
  void show();

  void add(const std::shared_ptr<connection>& opened);
  void remove(connection* closed);

  /// Closes the longest idle connection, or else one that has been sending a head, or agreeing on TLS, for too long.
  bool make_room();

  /// Runs a request with a potentially large answer when it is its turn.
  void take_turn(std::shared_ptr<live_exchange> what);

  /// Starts the requests whose turn it is.
  void give_turns();

  /// Closes everything, so that the thread ends.
  void close_all();

  boost::asio::io_context context{1};
  const server_options options;
  const std::vector<route> routes;
  const namespaces_actor namespaces;
  const path_tree paths;
  const screening screen;
  server_metrics metrics;
  caf::actor gateway;
  std::atomic<bool> draining = false;

  // Shared, because exchanges and answers may outlive the server.
  const std::shared_ptr<meter> flights = std::make_shared<meter>();
  const std::shared_ptr<meter> bodies = std::make_shared<meter>();   ///< bytes of the bodies of requests in flight
  const std::shared_ptr<meter> answers = std::make_shared<meter>();  ///< bytes of answers, encoded but not yet written
  const std::shared_ptr<meter> received = std::make_shared<meter>(); ///< bytes of incomplete requests

  std::unordered_map<connection*, std::shared_ptr<connection>> connections;

private:
  void end_turn();
  void sweep_soon();
  void sweep();

  boost::asio::steady_timer sweeper_{context};
  bool sweeping_ = false;
  large_turns<std::shared_ptr<live_exchange>> turns_;

  std::mutex mutex_; // guards the following
  std::unordered_map<live_exchange*, std::weak_ptr<live_exchange>> exchanges_;
  std::vector<std::weak_ptr<response_stream>> streams_;
  bool closed_ = false;
  worker_pool aside_{defaults::large_json_threads};
};

} // namespace hive::http
