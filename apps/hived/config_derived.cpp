// Settings that follow from others, once everything is read.

#include "actors/hive/link/tls_context.hpp"
#include "apps/hived/config.hpp"
#include "apps/hived/toml_section.hpp"
#include "messages/ec.hpp"
#include "messages/timestamp.hpp"

#include <algorithm>

namespace hive {

spawn_policy engine_policy(const node_config& config) {
  auto out = config.engines.policy;
  auto allows = [&](const char* kind, bool otherwise) {
    const auto& allow = config.engines.allow;
    return allow ? std::ranges::find(*allow, kind) != allow->end() : otherwise;
  };
  bool are_known = !config.door.tls.empty();
  out.adapters = allows("adapter", are_known);
  out.research = allows("research", are_known);
  out.benchmarks = allows("benchmark", false);
  return out;
}

void read_credentials(node_config& config) {
  if (config.door.tls.empty())
    return;
  auto shown = load_credentials(config.door.tls, certificate_role::node, now_unix_micros() / micros_per_s);
  if (!shown)
    throw config_error{config.origins.tls + ": " + text_of(shown.error())};
  if (auto tls = tls_context::make(*shown); !tls)
    throw config_error{config.origins.tls + ": " + (config.door.tls / certificate_files::certificate).string() + ": " +
                       text_of(tls.error())};
  config.door.shown = std::move(*shown);
}

} // namespace hive
