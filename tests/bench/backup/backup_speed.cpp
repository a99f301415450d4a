// Compares backups of a store with copying its files by `cp -r` and fsyncing each, in turn, on the same disk.
//
//     hive_backup_speed [MIB] [DIRECTORY]     1,024 MiB below the directory for temporary files, unless told otherwise
//
// What it does not measure: a store that is written to meanwhile, and a disk whose cache is cold: both copy what was
// just written.

#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "storage/backup/backup_create.hpp"
#include "storage/backup/backup_restore.hpp"
#include "storage/backup/backup_verify.hpp"
#include "storage/backup/sync_files.hpp"
#include "storage/directory.hpp"
#include "storage/epoch.hpp"
#include "storage/keys.hpp"
#include "tests/support/temporary_directory.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <sys/resource.h>
#include <vector>

namespace hive {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t mib = uint64_t{1} << 20;
constexpr size_t record_bytes = 256; // of which half compresses: about what a task record takes
constexpr size_t records_per_batch = 4'096;
const std::atomic<bool> never = false;

uint64_t bytes_in(const fs::path& directory) {
  uint64_t out = 0;
  std::error_code gone; // RocksDB removes files at any time
  for (const auto& entry : fs::recursive_directory_iterator{directory})
    if (auto size = entry.file_size(gone); !gone)
      out += size;
  return out;
}

void require(const caf::error& err) {
  if (err)
    throw std::runtime_error(text_of(err));
}

template <class T>
T require(caf::expected<T> result) {
  if (!result)
    throw std::runtime_error(text_of(result.error()));
  return std::move(*result);
}

/// Processor time of this process and of the ended ones that it started.
double cpu_seconds() {
  constexpr double micro = 1e-6;
  double out = 0;
  for (auto who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage used{};
    ::getrusage(who, &used);
    for (const auto& part : {used.ru_utime, used.ru_stime})
      out += static_cast<double>(part.tv_sec) + micro * static_cast<double>(part.tv_usec);
  }
  return out;
}

struct cost {
  double seconds = 0;
  double cpu = 0;
  auto operator<=>(const cost&) const = default;
};

template <class Work>
cost cost_of(Work work) {
  auto began = std::chrono::steady_clock::now();
  auto used = cpu_seconds();
  work();
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(), cpu_seconds() - used};
}

void print(const char* what, const cost& of) {
  std::printf("%-16s %6.2f s, %5.2f s of CPU\n", what, of.seconds, of.cpu);
}

class comparison {
public:
  comparison(const fs::path& parent, uint64_t bytes) : temp_{parent} {
    db_ = require(database::open({.directory = data()}));
    node_ = require(begin_epoch(*db_, now_unix_micros()));
    fill(bytes);
    // Closing flushes; what is copied is then in tables.
    db_.reset();
    db_ = require(database::open({.directory = data()}));
  }

  void run() {
    auto bytes = bytes_in(store_path(data()));
    std::printf("store: %lu MiB, %lu records\n", bytes / mib, next_);
    std::vector<cost> copies, backups;
    for (bool is_backup : {false, true, true, false, false, true})
      (is_backup ? backups : copies).push_back(is_backup ? back_up() : copy());
    for (auto* times : {&copies, &backups})
      std::ranges::sort(*times);
    print("cp -r and fsync", copies[1]);
    print("backup", backups[1]);
    std::printf("speed of a backup over that of cp: %.2f of the medians, %.2f to %.2f\n",
                copies[1].seconds / backups[1].seconds, copies[0].seconds / backups[2].seconds,
                copies[2].seconds / backups[0].seconds);
    others();
  }

private:
  fs::path data() const {
    return temp_.path() / "data";
  }

  fs::path target() const {
    return temp_.path() / "copy";
  }

  void fill(uint64_t bytes) {
    std::mt19937_64 random{1};
    while (bytes_in(store_path(data())) < bytes) {
      write_set writes;
      for (size_t i = 0; i < records_per_batch; ++i) {
        std::string value(record_bytes / 2, 'r');
        while (value.size() < record_bytes) {
          auto word = random();
          value.append(reinterpret_cast<const char*>(&word), sizeof word);
        }
        writes.put(column::tasks, keys::task({++next_}), value);
      }
      require(db_->write(writes));
    }
  }

  cost copy() {
    fs::remove_all(target());
    return cost_of([this] {
      auto command = "cp -r '" + store_path(data()).string() + "' '" + target().string() + "'";
      if (std::system(command.c_str()) != 0)
        throw std::runtime_error(command + " failed");
      require(sync_tree(target()));
    });
  }

  cost back_up() {
    fs::remove_all(target());
    return cost_of([this] { make(); });
  }

  void make() {
    backup_options options;
    options.directory = target();
    require(create_backup({*db_, node_, data(), {}, "bench"}, options, never));
  }

  void others() {
    fs::remove_all(target());
    make();
    print("second backup", cost_of([this] { make(); }));
    print("verify", cost_of([this] { require(verify_backups(target(), {.number = 1}, never)); }));
    print("verify --open", cost_of([this] { require(verify_backups(target(), {.number = 1, .open = true}, never)); }));
    restore_options options;
    options.data = temp_.path() / "restored";
    print("restore", cost_of([&] { require(restore_backup(target(), options, never)); }));
  }

  temporary_directory temp_;
  std::unique_ptr<database> db_;
  node_identity node_;
  uint64_t next_ = 0;
};

} // namespace
} // namespace hive

int main(int argc, char** argv) {
  try {
    auto size = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'024;
    auto parent = argc > 2 ? std::filesystem::path{argv[2]} : std::filesystem::temp_directory_path();
    hive::comparison{parent, size << 20}.run();
    return EXIT_SUCCESS;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "hive_backup_speed: %s\n", e.what());
    return EXIT_FAILURE;
  }
}
