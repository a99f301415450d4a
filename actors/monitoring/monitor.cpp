#include "actors/monitoring/monitor.hpp"

#include "actors/aside.hpp"
#include "messages/ec.hpp"
#include "messages/timestamp.hpp"

#include <caf/all.hpp>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace hive {
namespace {

/// Prometheus waits ten seconds by default.
constexpr std::chrono::seconds patience{3};
/// Requests that wait for the page in work; there is one Prometheus, or two.
constexpr size_t max_waiting = 16;
/// Metrics that moved, with series of their own. The worst come first.
constexpr uint32_t max_moved = 500;

std::string write_page(const readings& from, const metric_bounds& bounds, const prometheus::Registry& counted) {
  auto families = describe_metrics(from, bounds, static_cast<double>(now_unix_micros()) / micros_per_s);
  auto more = counted.Collect();
  families.insert(families.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  return prometheus::TextSerializer{}.Serialize(families);
}

class monitor_state {
public:
  using pointer = monitor_actor::stateful_pointer<monitor_state>;
  static inline const char* name = "monitor";

  void init(pointer self, monitor_services services, metric_bounds bounds) {
    self_ = self;
    services_ = std::move(services);
    bounds_ = bounds;
  }

  caf::result<std::string> read() {
    if (waiting_.size() == max_waiting)
      return fail(ec::overloaded, "too many requests wait for the metrics");
    auto promise = self_->make_response_promise<std::string>();
    waiting_.push_back(promise);
    if (waiting_.size() == 1)
      ask_all();
    return promise;
  }

private:
  void ask_all() {
    now_ = std::make_shared<readings>();
    now_->node = services_.node();
    now_->results = services_.results->get();
    open_ = 8;
    ask<wire::HiveStatus>("federation", services_.federation, msg<wire::HiveStatusQuery>::build([](auto) {}),
                          &readings::hive);
    ask<wire::NodeList>("members", services_.federation, msg<wire::NodeQuery>::build([](auto) {}), &readings::nodes);
    ask<wire::GpuList>("gpus", services_.gpus, msg<wire::GpuQuery>::build([](auto) {}), &readings::gpus);
    ask<wire::LeaseList>("leases", services_.gpus, msg<wire::LeaseListQuery>::build([](auto) {}), &readings::leases);
    ask<wire::ClusterUpgradeList>("gate", services_.gate, msg<wire::ClusterUpgradeListQuery>::build([](auto) {}),
                                  &readings::upgrades);
    ask<wire::TaskTotals>("tracker", services_.tracker, msg<wire::TaskTotalsQuery>::build([](auto) {}),
                          &readings::tasks);
    ask<wire::Backups>("backups", services_.backups,
                       msg<wire::BackupsQuery>::build([](wire::BackupsQuery::Builder out) { out.setLimit(1); }),
                       &readings::backups);
    ask<wire::MetricList>("history", services_.historian, msg<wire::MetricsQuery>::build([](auto out) {
                            out.setMoved(true);
                            out.setLimit(max_moved);
                          }),
                          &readings::moved);
  }

  template <class Answer, class Actor, class Query>
  void ask(const char* service, const Actor& actor, Query query, std::optional<msg<Answer>> readings::*where) {
    self_->request(actor, patience, std::move(query))
      .then(
        [this, where](const msg<Answer>& answer) {
          now_.get()->*where = answer;
          settle();
        },
        [this, service](const caf::error&) {
          now_->missing.emplace_back(service);
          settle();
        });
  }

  void settle() {
    if (--open_ > 0)
      return;
    // Thousands of series take milliseconds.
    run_aside<std::string>(
      self_,
      [from = std::move(now_), bounds = bounds_, counted = services_.counted]() -> caf::expected<std::string> {
        return write_page(*from, bounds, *counted);
      },
      [this](caf::expected<std::string> page) {
        for (auto& each : std::exchange(waiting_, {}))
          if (page)
            each.deliver(*page);
          else
            each.deliver(page.error());
      });
  }

  pointer self_ = nullptr;
  monitor_services services_;
  metric_bounds bounds_;
  std::vector<caf::typed_response_promise<std::string>> waiting_;
  std::shared_ptr<readings> now_; ///< what has been answered for them
  size_t open_ = 0;               ///< questions without an answer
};

monitor_actor::behavior_type monitor(monitor_state::pointer self, monitor_services services, metric_bounds bounds) {
  auto& state = self->state;
  state.init(self, std::move(services), bounds);
  return {[&state](scrape_metrics) { return state.read(); }};
}

} // namespace

monitor_actor spawn_monitor(caf::actor_system& system, monitor_services services, metric_bounds bounds) {
  return system.spawn(monitor, std::move(services), bounds);
}

} // namespace hive
