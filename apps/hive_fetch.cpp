// hive-fetch: writes the files of one commit of a git repository. hived runs it as a process of its own, since what a
// repository makes libgit2 allocate cannot be bounded from inside.

#include "apps/hive_fetch/command_line.hpp"

int main(int argc, char** argv) {
  return hive::fetch::run_command_line(argc, argv);
}
