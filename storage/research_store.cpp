#include "storage/research_store.hpp"

#include "messages/text.hpp"

namespace hive {

caf::expected<std::optional<msg<wire::ResearchSession>>> research_store::find(std::string_view id) const {
  return db_.get_msg<wire::ResearchSession>(column::inputs, keys::research(id));
}

caf::error
research_store::visit(std::string_view after,
                      const std::function<database::scan(const msg<wire::ResearchSession>&)>& visit_session) const {
  caf::error damage;
  auto prefix = keys::research_sessions();
  auto first = after.empty() ? prefix : keys::research(after) + '\0';
  auto unreadable = db_.visit(column::inputs, prefix, first, [&](auto key, auto value) {
    auto session = database::load_stored<wire::ResearchSession>(column::inputs, key, value);
    if (session)
      return visit_session(*session);
    damage = session.error();
    return database::scan::stop;
  });
  return unreadable ? unreadable : damage;
}

void research_store::put(write_set& writes, const msg<wire::ResearchSession>& session) {
  writes.put(column::inputs, keys::research(as_view(session->getId())), session.bytes());
}

} // namespace hive
