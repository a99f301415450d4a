#include "actors/node/descriptor_limit.hpp"

#include "actors/defaults.hpp"
#include "messages/ec.hpp"
#include "storage/open_files.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/resource.h>

namespace hive {

caf::expected<descriptor_budget> share_descriptors(uint64_t limit, size_t most_connections) {
  auto needed = reserved_descriptors + std::min(defaults::min_connections, most_connections);
  if (limit < needed)
    return fail(ec::unavailable, "at most " + std::to_string(limit) +
                                   " files and connections may be open at the same time, a node needs " +
                                   std::to_string(needed) + "; raise it with ulimit -n or systemd's LimitNOFILE");
  auto own = static_cast<size_t>(std::min<uint64_t>(limit, SIZE_MAX));
  auto beyond_reserve = open_files_of_store(own) - min_open_files;
  descriptor_budget out;
  out.connections = std::min(most_connections, own - reserved_descriptors - beyond_reserve);
  return out;
}

caf::expected<descriptor_budget> raise_descriptor_limit(size_t most_connections) {
  rlimit own{};
  if (getrlimit(RLIMIT_NOFILE, &own) != 0)
    return fail(ec::unavailable, "getrlimit: " + errno_text(errno));
  auto inherited = own.rlim_cur;
  own.rlim_cur = std::max<rlim_t>(inherited, std::min<rlim_t>(own.rlim_max, defaults::wanted_descriptors));
  if (setrlimit(RLIMIT_NOFILE, &own) != 0)
    own.rlim_cur = inherited; // continue with the current limit
  auto out = share_descriptors(own.rlim_cur, most_connections);
  if (out)
    out->inherited = inherited;
  return out;
}

} // namespace hive
