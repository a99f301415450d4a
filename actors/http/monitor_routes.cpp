#include "actors/http/monitor_routes.hpp"

namespace hive::http {

std::vector<route> monitor_routes(const monitor_actor& monitor) {
  auto scrape = [monitor](const exchange_ptr& incoming) {
    incoming->forward([monitor](gateway_requests& gateway, const exchange_ptr& to) {
      gateway.request(monitor, defaults::request_timeout, scrape_metrics{})
        .then(
          [to](std::string& page) {
            to->answer({200, "text/plain; version=0.0.4", std::move(page), {}, {}});
          },
          [to](const caf::error& error) { to->answer(problem(error)); });
    });
  };
  return {route::raw(method::get, "/metrics", "Metrics in Prometheus's text form", "text/plain", scrape)};
}

} // namespace hive::http
