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

/// What one route counts. Safe to use from any thread.
class route_metrics {
public:
  route_metrics(prometheus::Family<prometheus::Counter>& requests, prometheus::Histogram& durations, std::string method,
                std::string path);

  void count(int status, double seconds);

private:
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Histogram& durations_;
  std::string method_;
  std::string path_;
  std::mutex mutex_; // guards by_status_
  std::map<int, prometheus::Counter*> by_status_;
};

/// The server's metrics: hive_http_requests_total by method, route and status, hive_http_request_duration_seconds by
/// method and route, hive_http_requests_in_flight. Paths appear as their templates, so that their number is bounded.
class server_metrics {
public:
  server_metrics(std::shared_ptr<prometheus::Registry> registry, std::span<const route> routes);

  /// Metrics of a route that the constructor saw; of all requests without a route for null.
  route_metrics& of(const route* which);

  void set_in_flight(size_t requests);

private:
  std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Gauge* in_flight_;
  std::map<const route*, std::unique_ptr<route_metrics>> routes_;
};

/// All metrics of a registry in Prometheus's text form.
std::string expose(const prometheus::Registry& registry);

} // namespace hive::http
