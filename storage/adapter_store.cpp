#include "storage/adapter_store.hpp"

#include "messages/text.hpp"
#include "storage/keys.hpp"

namespace hive {
namespace {

template <class Spec>
caf::error visit_specs(const database& db, const std::string& prefix,
                       const std::function<void(const msg<Spec>&)>& tell) {
  caf::error damage;
  auto failure = db.visit(column::inputs, prefix, "", [&](auto key, auto value) {
    auto spec = database::load_stored<Spec>(column::inputs, key, value);
    if (!spec) {
      damage = spec.error();
      return database::scan::stop;
    }
    tell(*spec);
    return database::scan::next;
  });
  return failure ? failure : damage;
}

} // namespace

caf::error adapter_store::visit(const std::function<void(const msg<wire::CommandSpec>&)>& command,
                                const std::function<void(const msg<wire::WorkerAdapter>&)>& worker) const {
  if (auto failure = visit_specs(db_, keys::adapters(), command))
    return failure;
  return visit_specs(db_, keys::worker_adapters(), worker);
}

void adapter_store::keep(const msg<wire::CommandSpec>& spec, write_set& writes) {
  writes.put(column::inputs, keys::adapter(as_view(spec->getName())), spec.bytes());
}

void adapter_store::keep(const msg<wire::WorkerAdapter>& spec, write_set& writes) {
  writes.put(column::inputs, keys::worker_adapter(as_view(spec->getName())), spec.bytes());
}

void adapter_store::erase(std::string_view name, write_set& writes) {
  writes.erase(column::inputs, keys::adapter(name));
  writes.erase(column::inputs, keys::worker_adapter(name));
}

} // namespace hive
