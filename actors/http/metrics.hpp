#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
template <class T>
class Family;
} // namespace prometheus

namespace hive::http {

struct route;
struct server_load;

/// The metrics of one route. Thread-safe.
class route_metrics {
public:
  route_metrics(prometheus::Family<prometheus::Counter>& requests, prometheus::Family<prometheus::Histogram>& durations,
                std::string method, std::string path);

  void count(int status, double seconds);

private:
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Histogram>& durations_;
  std::string method_;
  std::string path_;
  std::mutex mutex_;                          // guards the following
  prometheus::Histogram* duration_ = nullptr; ///< made at the first request: most routes are not used on most nodes
  std::map<int, prometheus::Counter*> by_status_;
};

/// The server's metrics: hive_http_requests_total by method, route and status, hive_http_request_duration_seconds by
/// method and route, and the gauges hive_http_connections, hive_http_requests_in_flight, hive_http_body_bytes and
/// hive_http_answer_bytes. Paths appear as route templates, which bounds the number of series.
class server_metrics {
public:
  server_metrics(std::shared_ptr<prometheus::Registry> registry, std::span<const route> routes);

  /// The metrics of a route passed to the constructor; for null, those of requests without a route.
  route_metrics& of(const route* which);

  /// Sets the gauges.
  void show(size_t connections, const server_load& load);

private:
  std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Gauge* connections_;
  prometheus::Gauge* in_flight_;
  prometheus::Gauge* body_bytes_;
  prometheus::Gauge* answer_bytes_;
  std::map<const route*, std::unique_ptr<route_metrics>> routes_;
};

} // namespace hive::http
