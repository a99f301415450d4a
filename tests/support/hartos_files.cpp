#include "tests/support/hartos_files.hpp"

#include "messages/ec.hpp"

#include <stdexcept>

namespace hive {
namespace {

sqlite::connection open(const std::filesystem::path& file) {
  std::filesystem::create_directories(file.parent_path());
  auto db = sqlite::connection::open(file, sqlite::access::create);
  if (!db)
    throw std::runtime_error(text_of(db.error()));
  return std::move(*db);
}

} // namespace

hartos_source::hartos_source(const std::filesystem::path& file, bool rule) : db_{open(file)} {
  run("CREATE TABLE benchmarks (id INTEGER PRIMARY KEY AUTOINCREMENT, task_type TEXT NOT NULL, tool_name TEXT NOT "
      "NULL, model_name TEXT DEFAULT '', user_id TEXT DEFAULT '', completion_time_s REAL NOT NULL, success INTEGER "
      "NOT NULL DEFAULT 0, offloaded INTEGER NOT NULL DEFAULT 0, timestamp REAL NOT NULL" +
      std::string{rule ? ", success_rule INTEGER NOT NULL DEFAULT 1" : ""} +
      ");"
      "CREATE TABLE hive_routing (task_type TEXT PRIMARY KEY, best_tool TEXT NOT NULL, success_rate REAL NOT NULL, "
      "avg_time_s REAL NOT NULL, sample_count INTEGER NOT NULL, updated_at REAL NOT NULL);");
}

void hartos_source::run(const std::string& sql) {
  if (auto done = db_.run(sql); !done)
    throw std::runtime_error(text_of(done.error()));
}

void hartos_source::add(const std::string& values) {
  run("INSERT INTO benchmarks (task_type, tool_name, model_name, user_id, completion_time_s, success, offloaded, "
      "timestamp) VALUES (" +
      values + ")");
}

void hartos_source::add_random(size_t count, std::mt19937& random) {
  run("BEGIN");
  auto insert = db_.prepare("INSERT INTO benchmarks (task_type, tool_name, model_name, user_id, completion_time_s, "
                            "success, offloaded, timestamp) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
  if (!insert)
    throw std::runtime_error(text_of(insert.error()));
  for (size_t i = 0; i < count; ++i) {
    auto task = "task " + std::to_string(random() % 7);
    auto tool = "tool/" + std::to_string(random() % 5) + "é";
    auto model = random() % 3 ? "model-" + std::to_string(random() % 3) : std::string{};
    auto user = "u" + std::to_string(random() % 100);
    insert->bind(1, std::string_view{task});
    insert->bind(2, std::string_view{tool});
    insert->bind(3, std::string_view{model});
    insert->bind(4, std::string_view{user});
    insert->bind(5, static_cast<double>(random() % 1'000'000'000) / 3e5); // many digits
    insert->bind(6, static_cast<int64_t>(random() % 4 != 0));
    insert->bind(7, static_cast<int64_t>(random() % 9 == 0));
    insert->bind(8, 1'700'000'000.0 + static_cast<double>(i) + static_cast<double>(random() % 1'000'000) / 1e6);
    if (auto done = insert->step(); !done)
      throw std::runtime_error(text_of(done.error()));
  }
  run("COMMIT");
}

} // namespace hive
