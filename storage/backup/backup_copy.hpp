#pragma once

#include "messages/msg.hpp"
#include "messages/node.capnp.h"
#include "storage/backup/backup_engine.hpp"
#include "storage/write_set.hpp"

#include <array>
#include <atomic>
#include <caf/expected.hpp>
#include <cstdint>
#include <filesystem>

namespace hive {

/// What a copy of a store holds.
struct copy_content {
  uint64_t sequence = 0; ///< of the newest write
  msg<wire::NodeMeta> meta;
  std::array<uint64_t, column_count> records{}; ///< per column
};

/// How records are counted; both give the same number.
enum class count_by : uint8_t {
  tables,  ///< from what the tables say of themselves, where that is exact, else by reading
  reading, ///< every block is read and its checksum compared
};

/// Opens the copy in a backup for reading, where it lies, and counts its records. It lacks columns that came after
/// version `schema` of its store. ec::corrupt when it cannot be read;
/// ec::unavailable when `cancelled`.
caf::expected<copy_content> read_copy(const std::filesystem::path& directory, const rocksdb::BackupInfo& backup,
                                      uint32_t schema, count_by how, const std::atomic<bool>& cancelled);

} // namespace hive
