#include "actors/http/metrics.hpp"

#include "actors/http/screening.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace hive::http {
namespace {

/// The range is from requests answered from memory to captures that run for minutes.
const prometheus::Histogram::BucketBoundaries duration_buckets{0.0005, 0.001, 0.0025, 0.01, 0.05, 0.25, 1, 10, 60, 600};

} // namespace

route_metrics::route_metrics(prometheus::Family<prometheus::Counter>& requests,
                             prometheus::Family<prometheus::Histogram>& durations, std::string method, std::string path)
    : requests_{requests}, durations_{durations}, method_{std::move(method)}, path_{std::move(path)} {
}

void route_metrics::count(int status, double seconds) {
  prometheus::Counter* counter = nullptr;
  prometheus::Histogram* duration = nullptr;
  {
    std::lock_guard lock{mutex_};
    auto& known = by_status_[status];
    if (!known)
      known = &requests_.Add({{"method", method_}, {"route", path_}, {"status", std::to_string(status)}});
    counter = known;
    if (!duration_)
      duration_ = &durations_.Add({{"method", method_}, {"route", path_}}, duration_buckets);
    duration = duration_;
  }
  duration->Observe(seconds);
  counter->Increment();
}

server_metrics::server_metrics(std::shared_ptr<prometheus::Registry> registry, std::span<const route> routes)
    : registry_{std::move(registry)} {
  auto& requests =
    prometheus::BuildCounter().Name("hive_http_requests_total").Help("Answered HTTP requests.").Register(*registry_);
  auto& durations = prometheus::BuildHistogram()
                      .Name("hive_http_request_duration_seconds")
                      .Help("From the end of a request's last byte to the start of its answer.")
                      .Register(*registry_);
  auto gauge = [&](const char* name, const char* help) {
    return &prometheus::BuildGauge().Name(name).Help(help).Register(*registry_).Add({});
  };
  connections_ = gauge("hive_http_connections", "Open HTTP connections.");
  in_flight_ = gauge("hive_http_requests_in_flight", "HTTP requests whose answer is not written yet.");
  body_bytes_ = gauge("hive_http_body_bytes", "Bytes of the bodies of HTTP requests in work.");
  answer_bytes_ = gauge("hive_http_answer_bytes", "Bytes of HTTP answers that are encoded and not written yet.");
  auto add = [&](const route* key, std::string method, std::string path) {
    routes_[key] = std::make_unique<route_metrics>(requests, durations, std::move(method), std::move(path));
  };
  add(nullptr, "other", "other");
  for (const auto& route : routes)
    add(&route, std::string{to_string(route.verb)}, route.path);
}

route_metrics& server_metrics::of(const route* which) {
  return *routes_.at(which);
}

void server_metrics::show(size_t connections, const server_load& load) {
  connections_->Set(static_cast<double>(connections));
  in_flight_->Set(static_cast<double>(load.requests));
  body_bytes_->Set(static_cast<double>(load.body_bytes));
  answer_bytes_->Set(static_cast<double>(load.answer_bytes));
}

} // namespace hive::http
