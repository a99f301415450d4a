#include "actors/upgrade/adapter_choice.hpp"

#include "analysis/metric_rules.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <iterator>
#include <set>

namespace hive {

caf::expected<std::vector<std::string>> choose_adapters(capnp::List<capnp::Text>::Reader asked_for,
                                                        wire::BenchmarkList::Reader known) {
  bool are_named = asked_for.size() > 0;
  std::set<std::string> able, others;
  for (auto each : known.getBenchmarks())
    (each.getRunsVersions() && (each.getAvailable() || are_named) ? able : others).insert(each.getName().cStr());
  if (!are_named) {
    if (able.empty())
      return fail(ec::no_data, "no adapter of this node can run versions of the software");
    return std::vector<std::string>{able.begin(), able.end()};
  }
  std::set<std::string> named;
  for (auto each : asked_for) {
    std::string name{as_view(each)};
    if (others.contains(name))
      return fail(ec::invalid, "/adapters: " + name + " measures what is installed; it cannot run versions");
    if (!able.contains(name))
      return fail(ec::invalid, "/adapters: this node has no adapter " + name);
    named.insert(std::move(name));
  }
  return std::vector<std::string>{named.begin(), named.end()};
}

caf::expected<std::vector<std::string>> adapters_with(capnp::List<capnp::Text>::Reader patterns,
                                                      std::vector<std::string> adapters) {
  if (patterns.size() == 0)
    return adapters;
  std::set<std::string> chosen;
  for (auto pattern : patterns) {
    auto fits = [&](const std::string& each) { return analysis::may_fit(as_view(pattern), each); };
    if (std::ranges::none_of(adapters, fits))
      return fail(ec::invalid, "/metrics: " + std::string{as_view(pattern)} +
                                 " fits no metric of the adapters that would measure, which are named ADAPTER.METRIC");
    std::ranges::copy_if(adapters, std::inserter(chosen, chosen.end()), fits);
  }
  return std::vector<std::string>{chosen.begin(), chosen.end()};
}

} // namespace hive
