#pragma once

#include "messages/backup.capnp.h"

#include <string>

namespace hive::backup {

// The answers of hive-backup for people. Pure.

std::string show(wire::Backups::Reader list);
std::string show(wire::BackupVerification::Reader found);
std::string show(wire::BackupRestored::Reader restored);
std::string show(wire::BackupsPruned::Reader pruned);

} // namespace hive::backup
