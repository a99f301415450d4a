// hivectl: the command-line client of a node's HTTP interface.

#include "apps/hivectl/command_line.hpp"
#include "apps/hivectl/leased_process.hpp"
#include "apps/standard_descriptors.hpp"

#include <clocale>
#include <fcntl.h>

int main(int argc, char** argv) {
  hive::open_standard_descriptors(O_RDONLY);
  if (hive::ctl::is_leased_start(argc, argv)) // by `hivectl gpu run`
    return hive::ctl::start_leased(argc, argv);
  std::setlocale(LC_CTYPE, ""); // for the terminal's character set; numbers keep their decimal points
  return hive::ctl::run_command_line(argc, argv);
}
