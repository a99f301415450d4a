#include "storage/install_store.hpp"

#include "messages/text.hpp"
#include "storage/keys.hpp"

namespace hive {

caf::expected<std::vector<msg<wire::InstalledBenchmark>>> install_store::all() const {
  std::vector<msg<wire::InstalledBenchmark>> out;
  caf::error damage;
  auto failure = db_.visit(column::inputs, keys::installs(), "", [&](auto key, auto value) {
    auto installed = database::load_stored<wire::InstalledBenchmark>(column::inputs, key, value);
    if (!installed) {
      damage = installed.error();
      return database::scan::stop;
    }
    out.push_back(std::move(*installed));
    return database::scan::next;
  });
  if (failure)
    return failure;
  if (damage)
    return damage;
  return out;
}

void install_store::put(write_set& writes, const msg<wire::InstalledBenchmark>& installed) {
  writes.put(column::inputs, keys::install(as_view(installed->getRequest().getName())), installed.bytes());
}

void install_store::erase(write_set& writes, std::string_view name) {
  writes.erase(column::inputs, keys::install(name));
}

} // namespace hive
