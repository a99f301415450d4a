#include "storage/run_store.hpp"

#include "messages/text.hpp"

namespace hive {
namespace {

/// Which stream of its agent: unique and ordered.
std::string name_of(wire::StreamState::Reader stream) {
  return keys::stream_name(static_cast<uint16_t>(stream.getMeasured()), as_view(stream.getAction()),
                           as_view(stream.getSlice()));
}

} // namespace

caf::error run_store::visit_streams(
  const stored_agent& who,
  const std::function<void(wire::StreamState::Reader, wire::StreamSample::Reader)>& visit_stream) const {
  caf::error damage;
  auto prefix = keys::agent_streams_of(who.prompt, who.flow);
  auto failure = db_.visit(column::inputs, prefix, prefix, [&](auto key, auto value) {
    auto stream = database::load_stored<wire::StreamState>(column::inputs, key, value);
    if (!stream) {
      damage = stream.error();
      return database::scan::stop;
    }
    auto sample =
      db_.get_msg<wire::StreamSample>(column::inputs, keys::agent_sample(who.prompt, who.flow, name_of(**stream)));
    if (!sample) {
      damage = sample.error();
      return database::scan::stop;
    }
    visit_stream(**stream, *sample->value_or(msg<wire::StreamSample>{}));
    return database::scan::next;
  });
  return failure ? failure : damage;
}

caf::expected<msg<wire::RunSummary>> run_store::summary(const stored_agent& who) const {
  auto found = db_.get_msg<wire::RunSummary>(column::inputs, keys::agent_runs(who.prompt, who.flow));
  if (!found)
    return found.error();
  return found->value_or(msg<wire::RunSummary>{});
}

caf::expected<std::vector<msg<wire::AgentItem>>> run_store::items(const stored_agent& who, uint32_t version) const {
  std::vector<msg<wire::AgentItem>> out;
  caf::error damage;
  auto prefix = keys::agent_items_of(who.prompt, who.flow, version);
  auto failure = db_.visit(column::inputs, prefix, prefix, [&](auto key, auto value) {
    auto item = database::load_stored<wire::AgentItem>(column::inputs, key, value);
    if (!item) {
      damage = item.error();
      return database::scan::stop;
    }
    out.push_back(std::move(*item));
    return database::scan::next;
  });
  if (failure || damage)
    return failure ? failure : damage;
  return out;
}

caf::expected<msg<wire::RunRate>> run_store::rate() const {
  auto found = db_.get_msg<wire::RunRate>(column::meta, keys::run_rate());
  if (!found)
    return found.error();
  return found->value_or(msg<wire::RunRate>{});
}

void run_store::put_stream(write_set& writes, const stored_agent& who, const msg<wire::StreamState>& stream) {
  writes.put(column::inputs, keys::agent_stream(who.prompt, who.flow, name_of(*stream)), stream.bytes());
}

void run_store::put_sample(write_set& writes, const stored_agent& who, const msg<wire::StreamState>& stream,
                           const msg<wire::StreamSample>& sample) {
  writes.put(column::inputs, keys::agent_sample(who.prompt, who.flow, name_of(*stream)), sample.bytes());
}

void run_store::put_summary(write_set& writes, const stored_agent& who, const msg<wire::RunSummary>& summary) {
  writes.put(column::inputs, keys::agent_runs(who.prompt, who.flow), summary.bytes());
}

void run_store::put_item(write_set& writes, const stored_agent& who, uint32_t version,
                         const msg<wire::AgentItem>& item) {
  writes.put(column::inputs, keys::agent_item(who.prompt, who.flow, version, as_view(item->getItem())), item.bytes());
}

void run_store::put_rate(write_set& writes, const msg<wire::RunRate>& rate) {
  writes.put(column::meta, keys::run_rate(), rate.bytes());
}

} // namespace hive
