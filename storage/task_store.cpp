#include "storage/task_store.hpp"

#include "messages/text.hpp"

#include <array>
#include <capnp/serialize.h>
#include <charconv>
#include <cstring>

namespace hive {
namespace {

// -- encoding -------------------------------------------------------------------

/// Room for the largest record: 15 words of table, pointers and numbers, four texts of 128 bytes and one of 64, each
/// NUL-terminated and padded to words.
constexpr size_t max_record_words = 256;

using record_words = std::array<capnp::word, detail::header_words + max_record_words>;

void fill(wire::TaskRecord::Builder out, wire::TaskRecord::Reader given, const task_stamp& stamp) {
  out.setTaskType(given.getTaskType());
  out.setToolName(given.getToolName());
  if (given.hasModelName())
    out.setModelName(given.getModelName());
  if (given.hasUserId())
    out.setUserId(given.getUserId());
  out.setCompletionTimeS(given.getCompletionTimeS());
  out.setSuccess(given.getSuccess());
  out.setOffloaded(given.getOffloaded());
  out.setTimestamp(stamp.ended_at_unix_micros);
  if (given.hasIdempotencyKey())
    out.setIdempotencyKey(given.getIdempotencyKey());
  out.setTimestampCorrected(stamp.corrected);
  out.setSequence(stamp.number.value);
}

// -- reading --------------------------------------------------------------------

/// Reads a stored record with bounds checks but without the full check of untrusted messages: the record passed it on
/// arrival, RocksDB's checksums protect it since, and a scan reads very many records.
template <class Use>
caf::error read_record(std::string_view key, std::string_view bytes, Use&& use) {
  record_words words;
  if (bytes.size() > sizeof words || bytes.size() % sizeof(capnp::word) != 0)
    return database::damaged(column::tasks, key, "it has " + std::to_string(bytes.size()) + " bytes");
  std::memcpy(words.data(), bytes.data(), bytes.size());
  try {
    capnp::FlatArrayMessageReader message{kj::arrayPtr(words.data(), bytes.size() / sizeof(capnp::word))};
    use(message.getRoot<wire::TaskRecord>());
  } catch (const kj::Exception& e) {
    return database::damaged(column::tasks, key, e.getDescription().cStr());
  }
  return caf::none;
}

bool is_asked_for(capnp::Text::Reader wanted, capnp::Text::Reader found) {
  return wanted.size() == 0 || as_view(wanted) == as_view(found);
}

bool matches(wire::TaskQuery::Reader query, wire::TaskRecord::Reader record) {
  auto time = record.getTimestamp();
  return is_asked_for(query.getTaskType(), record.getTaskType()) &&
         is_asked_for(query.getToolName(), record.getToolName()) &&
         is_asked_for(query.getModelName(), record.getModelName()) &&
         is_asked_for(query.getUserId(), record.getUserId()) && (query.getSince() == 0 || time >= query.getSince()) &&
         (query.getUntil() == 0 || time < query.getUntil());
}

/// The exclusive upper bound of a page's keys.
caf::expected<std::string> page_start(capnp::Text::Reader after) {
  if (after.size() == 0)
    return *keys::after_prefix(keys::tasks());
  uint64_t number = 0;
  auto [end, error] = std::from_chars(after.begin(), after.end(), number);
  if (error != std::errc{} || end != after.end())
    return fail(ec::invalid, "after must be the `next` of a page, not '" + std::string{as_view(after)} + "'");
  return keys::task({number});
}

/// Collects the records of one page during a scan.
struct page_builder {
  wire::TaskQuery::Reader query;
  size_t budget;
  std::vector<std::string> found = {};
  task_sequence last_seen = {};
  bool complete = true; ///< whether the scan reached the end

  database::scan take(std::string_view key, std::string_view bytes, caf::error& damage) {
    if (budget == 0 || found.size() >= query.getLimit()) {
      complete = false;
      return database::scan::stop;
    }
    --budget;
    last_seen = keys::task_of_key(key);
    damage = read_record(key, bytes, [&](wire::TaskRecord::Reader record) {
      if (matches(query, record))
        found.emplace_back(bytes);
    });
    return damage ? database::scan::stop : database::scan::next;
  }

  caf::expected<msg<wire::TaskPage>> build() const {
    caf::error damage;
    auto page = msg<wire::TaskPage>::build([&](wire::TaskPage::Builder out) {
      auto list = out.initTasks(static_cast<uint32_t>(found.size()));
      for (uint32_t i = 0; i < list.size() && !damage; ++i)
        damage = read_record(keys::tasks(), found[i],
                             [&](wire::TaskRecord::Reader record) { list.setWithCaveats(i, record); });
      if (!complete)
        out.setNext(std::to_string(last_seen.value));
    });
    if (damage)
      return damage;
    return page;
  }
};

/// Visits all entries under `prefix`; `use` returns what is wrong with an entry.
caf::error visit_all(const database& db, column where, const std::string& prefix,
                     const std::function<caf::error(std::string_view key, std::string_view value)>& use) {
  caf::error wrong;
  auto unreadable = db.visit(where, prefix, prefix, [&](auto key, auto value) {
    wrong = use(key, value);
    return wrong ? database::scan::stop : database::scan::next;
  });
  return unreadable ? unreadable : wrong;
}

} // namespace

// -- records --------------------------------------------------------------------

caf::expected<task_sequence> task_store::newest() const {
  task_sequence out;
  auto end = *keys::after_prefix(keys::tasks());
  if (auto error = db_.visit_back(column::tasks, keys::tasks(), end, [&](auto key, auto) {
        out = keys::task_of_key(key);
        return database::scan::stop;
      }))
    return error;
  return out;
}

caf::expected<task_sequence> task_store::oldest() const {
  task_sequence out;
  if (auto error = db_.visit(column::tasks, keys::tasks(), keys::tasks(), [&](auto key, auto) {
        out = keys::task_of_key(key);
        return database::scan::stop;
      }))
    return error;
  return out;
}

caf::expected<msg<wire::TaskPage>> task_store::find(wire::TaskQuery::Reader query, size_t scan_budget) const {
  auto start = page_start(query.getAfter());
  if (!start)
    return start.error();
  page_builder page{query, scan_budget};
  caf::error damage;
  auto unreadable = db_.visit_back(column::tasks, keys::tasks(), *start,
                                   [&](auto key, auto value) { return page.take(key, value, damage); });
  if (unreadable || damage)
    return unreadable ? unreadable : damage;
  return page.build();
}

caf::expected<task_sequence> task_store::first_not_before(int64_t cutoff_unix_micros, size_t budget) const {
  task_sequence out;
  caf::error damage;
  auto unreadable = db_.visit(column::tasks, keys::tasks(), keys::tasks(), [&](auto key, auto value) {
    out = keys::task_of_key(key);
    bool is_old = false;
    damage = read_record(key, value,
                         [&](wire::TaskRecord::Reader record) { is_old = record.getTimestamp() < cutoff_unix_micros; });
    if (damage || !is_old || budget-- == 0)
      return database::scan::stop;
    ++out.value; // only this record is known to be removable
    return database::scan::next;
  });
  if (unreadable || damage)
    return unreadable ? unreadable : damage;
  return out;
}

void task_store::put(write_set& writes, wire::TaskRecord::Reader record, const task_stamp& stamp) {
  // Hundreds of thousands of records arrive per second: all are built in the same buffer, which the builder leaves
  // zeroed.
  thread_local record_words words{};
  capnp::MallocMessageBuilder message{kj::arrayPtr(words.data() + detail::header_words, max_record_words)};
  fill(message.initRoot<wire::TaskRecord>(), record, stamp);
  // Segment table of a single-segment stream: a zero (segments minus one), then the size.
  auto segment_words = static_cast<uint32_t>(message.getSegmentsForOutput()[0].size());
  auto* bytes = reinterpret_cast<char*>(words.data());
  std::memcpy(bytes + sizeof(uint32_t), &segment_words, sizeof segment_words);
  writes.put(column::tasks, keys::task(stamp.number),
             {bytes, (detail::header_words + segment_words) * sizeof(capnp::word)});
}

void task_store::erase(write_set& writes, task_sequence from, task_sequence to) {
  writes.erase_range(column::tasks, keys::task(from), keys::task(to));
}

// -- statistics -----------------------------------------------------------------

caf::error task_store::visit_cells(const std::function<caf::error(wire::ToolCell::Reader)>& visit_cell) const {
  return visit_all(db_, column::tool_stats, keys::tool_cells(), [&](auto key, auto value) -> caf::error {
    auto cell = database::load_stored<wire::ToolCell>(column::tool_stats, key, value);
    return cell ? visit_cell(**cell) : cell.error();
  });
}

void task_store::put_cell(write_set& writes, const msg<wire::ToolCell>& cell) {
  auto key = keys::tool_cell(as_view(cell->getTaskType()), as_view(cell->getToolName()), as_view(cell->getModelName()));
  writes.put(column::tool_stats, std::move(key), cell.bytes());
}

void task_store::erase_cell(write_set& writes, std::string_view task_type, std::string_view tool,
                            std::string_view model) {
  writes.erase(column::tool_stats, keys::tool_cell(task_type, tool, model));
}

caf::expected<uint64_t> task_store::unlisted_records() const {
  auto stored = db_.get_msg<wire::UnlistedRecords>(column::tool_stats, keys::unlisted_records());
  if (!stored)
    return stored.error();
  return *stored ? (**stored)->getRecords() : 0;
}

void task_store::put_unlisted_records(write_set& writes, uint64_t records) {
  auto stored = msg<wire::UnlistedRecords>::build([&](wire::UnlistedRecords::Builder out) { out.setRecords(records); });
  writes.put(column::tool_stats, keys::unlisted_records(), stored.bytes());
}

caf::error task_store::visit_deltas(
  const std::function<caf::error(std::string_view origin, wire::LearningDelta::Reader)>& visit_delta) const {
  auto prefix = keys::learning_deltas();
  return visit_all(db_, column::hive, prefix, [&](auto key, auto value) -> caf::error {
    auto delta = database::load_stored<wire::LearningDelta>(column::hive, key, value);
    return delta ? visit_delta(key.substr(prefix.size()), **delta) : delta.error();
  });
}

void task_store::put_delta(write_set& writes, std::string_view origin, const msg<wire::LearningDelta>& delta) {
  writes.put(column::hive, keys::learning_delta(origin), delta.bytes());
}

void task_store::erase_delta(write_set& writes, std::string_view origin) {
  writes.erase(column::hive, keys::learning_delta(origin));
}

caf::expected<std::optional<msg<wire::LearningDelta>>> task_store::published_delta() const {
  return db_.get_msg<wire::LearningDelta>(column::hive, keys::published_delta());
}

void task_store::put_published_delta(write_set& writes, const msg<wire::LearningDelta>& delta) {
  writes.put(column::hive, keys::published_delta(), delta.bytes());
}

// -- sources --------------------------------------------------------------------

caf::error task_store::visit_sources(const std::function<caf::error(wire::TaskSource::Reader)>& visit_source) const {
  return visit_all(db_, column::tool_stats, keys::task_sources(), [&](auto key, auto value) -> caf::error {
    auto source = database::load_stored<wire::TaskSource>(column::tool_stats, key, value);
    return source ? visit_source(**source) : source.error();
  });
}

void task_store::put_source(write_set& writes, std::string_view source, uint64_t row) {
  auto stored = msg<wire::TaskSource>::build([&](wire::TaskSource::Builder out) {
    out.setSource(std::string{source});
    out.setRow(row);
  });
  writes.put(column::tool_stats, keys::task_source(source), stored.bytes());
}

void task_store::erase_source(write_set& writes, std::string_view source) {
  writes.erase(column::tool_stats, keys::task_source(source));
}

// -- idempotency keys -----------------------------------------------------------

caf::error task_store::visit_key_groups(
  const std::function<caf::error(uint64_t first, std::string_view digests)>& visit_group) const {
  return visit_all(db_, column::tool_stats, keys::task_key_groups(),
                   [&](auto key, auto value) { return visit_group(keys::first_of_task_key_group(key), value); });
}

void task_store::put_key_group(write_set& writes, uint64_t first, std::string_view digests) {
  writes.put(column::tool_stats, keys::task_key_group(first), digests);
}

void task_store::erase_key_groups(write_set& writes, uint64_t first) {
  writes.erase_range(column::tool_stats, keys::task_key_group(0), keys::task_key_group(first));
}

} // namespace hive
