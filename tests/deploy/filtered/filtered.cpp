// Runs a command under a filter of system calls, as systemd does: filtered FILE PROGRAM [ARGUMENT...]. FILE names the
// allowed calls, one a line; all others fail with EPERM.

#include <cstdio>
#include <fstream>
#include <seccomp.h>
#include <string>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc < 3)
    return 64;
  auto* filter = ::seccomp_init(SCMP_ACT_ERRNO(EPERM));
  std::ifstream names{argv[1]};
  for (std::string name; std::getline(names, name);) {
    auto call = ::seccomp_syscall_resolve_name(name.c_str());
    if (call != __NR_SCMP_ERROR) // of another architecture, or newer than the library
      ::seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
  }
  if (::seccomp_load(filter) != 0) {
    std::perror("filtered: the filter cannot be loaded");
    return 1;
  }
  ::execvp(argv[2], argv + 2);
  std::perror(argv[2]);
  return 1;
}
