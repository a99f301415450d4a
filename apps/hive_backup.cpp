// hive-backup: lists, verifies, restores and deletes backups of nodes, without a node. hivectl runs it as a process of
// its own, since it links RocksDB.

#include "apps/hive_backup/command_line.hpp"
#include "apps/standard_descriptors.hpp"

#include <fcntl.h>
#include <sys/stat.h>

int main(int argc, char** argv) {
  hive::open_standard_descriptors(O_RDONLY);
  ::umask(S_IRWXG | S_IRWXO); // the files include a node's secret key
  return hive::backup::run_command_line(argc, argv);
}
