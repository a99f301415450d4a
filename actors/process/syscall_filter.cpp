#include "actors/process/syscall_filter.hpp"

#include "messages/ec.hpp"
#include "platform/unique_fd.hpp"

#include <array>
#include <cerrno>
#include <memory>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

namespace hive::sandbox {
namespace {

struct refused_call {
  const char* name;
  int error; ///< ENOSYS where programs then use another call
};

/// Calls that a benchmark or a test does not need. They are refused although most also need a capability that nothing
/// in a sandbox has: a fault in the kernel's check must not be reachable.
constexpr std::array refused{
  // Reading and changing other processes, among them those of a set-up that still has privileges.
  refused_call{"ptrace", EPERM},
  refused_call{"process_vm_readv", EPERM},
  refused_call{"process_vm_writev", EPERM},
  refused_call{"pidfd_getfd", EPERM},
  refused_call{"kcmp", EPERM},
  // Namespaces: in one of its own a process has all capabilities, and most faults in the kernel begin there. clone is
  // below; clone3 takes its flags from memory, which no filter can read, and glibc falls back to clone.
  refused_call{"unshare", EPERM},
  refused_call{"setns", EPERM},
  refused_call{"clone3", ENOSYS},
  // Another view of the file system.
  refused_call{"mount", EPERM},
  refused_call{"umount2", EPERM},
  refused_call{"pivot_root", EPERM},
  refused_call{"chroot", EPERM},
  refused_call{"open_tree", EPERM},
  refused_call{"move_mount", EPERM},
  refused_call{"fsopen", EPERM},
  refused_call{"fsconfig", EPERM},
  refused_call{"fsmount", EPERM},
  refused_call{"fspick", EPERM},
  refused_call{"mount_setattr", EPERM},
  // Files by handle, past the directories that lead to them.
  refused_call{"name_to_handle_at", EPERM},
  refused_call{"open_by_handle_at", EPERM},
  // Key rings belong to the user, not to a namespace: a sandbox could leave something to the next one.
  refused_call{"keyctl", EPERM},
  refused_call{"add_key", EPERM},
  refused_call{"request_key", EPERM},
  // Large parts of the kernel with a long record of faults. perf_event_open also measures the whole machine.
  refused_call{"bpf", EPERM},
  refused_call{"perf_event_open", EPERM},
  refused_call{"userfaultfd", EPERM},
  refused_call{"io_uring_setup", ENOSYS},
  refused_call{"io_uring_enter", ENOSYS},
  refused_call{"io_uring_register", ENOSYS},
  // The kernel itself and the state of the whole machine.
  refused_call{"kexec_load", EPERM},
  refused_call{"kexec_file_load", EPERM},
  refused_call{"init_module", EPERM},
  refused_call{"finit_module", EPERM},
  refused_call{"delete_module", EPERM},
  refused_call{"create_module", EPERM},
  refused_call{"reboot", EPERM},
  refused_call{"swapon", EPERM},
  refused_call{"swapoff", EPERM},
  refused_call{"acct", EPERM},
  refused_call{"quotactl", EPERM},
  refused_call{"quotactl_fd", EPERM},
  refused_call{"syslog", EPERM},
  refused_call{"settimeofday", EPERM},
  refused_call{"clock_settime", EPERM},
  refused_call{"clock_adjtime", EPERM},
  refused_call{"adjtimex", EPERM},
  refused_call{"sethostname", EPERM},
  refused_call{"setdomainname", EPERM},
  refused_call{"vhangup", EPERM},
  refused_call{"iopl", EPERM},
  refused_call{"ioperm", EPERM},
  // Leftovers of old kernels.
  refused_call{"modify_ldt", EPERM},
  refused_call{"uselib", EPERM},
  refused_call{"_sysctl", EPERM},
  refused_call{"lookup_dcookie", EPERM},
  refused_call{"nfsservctl", EPERM},
};

/// New namespaces by clone. CLONE_NEWTIME is no flag of clone.
constexpr std::array namespace_flags{CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                     CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET};
/// Sockets of any other family fail: AF_VSOCK leads to the machine's host, past the network namespace; AF_ALG, AF_RDS,
/// AF_TIPC and the like are seldom used code. Netlink is how programs list their own interfaces.
constexpr std::array socket_families{AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
constexpr int last_family = AF_NETLINK;

/// Adds rules one after the other until one fails.
class filter_builder {
public:
  filter_builder() : context_{seccomp_init(SCMP_ACT_ALLOW), seccomp_release} {
    error_ = context_ ? 0 : -ENOMEM;
  }

  void refuse(const refused_call& call) {
    int number = seccomp_syscall_resolve_name(call.name);
    if (number >= 0) // below: not on this architecture, so that there is nothing to refuse
      add(number, call.error);
  }

  void refuse_namespaces() {
    for (auto flag : namespace_flags) {
      auto bit = static_cast<scmp_datum_t>(static_cast<unsigned>(flag));
      add(SCMP_SYS(clone), EPERM, {SCMP_A0(SCMP_CMP_MASKED_EQ, bit, bit)});
    }
  }

  /// A terminal that the caller shares with others could be given input in their name.
  void refuse_terminal_input() {
    constexpr scmp_datum_t low_half = 0xffff'ffff; // the kernel ignores the rest
    add(SCMP_SYS(ioctl), EPERM, {SCMP_A1(SCMP_CMP_MASKED_EQ, low_half, TIOCSTI)});
    constexpr scmp_datum_t tioclinux = 0x541c;
    add(SCMP_SYS(ioctl), EPERM, {SCMP_A1(SCMP_CMP_MASKED_EQ, low_half, tioclinux)});
  }

  void refuse_families() {
    for (int family = 0; family <= last_family; ++family)
      if (std::find(socket_families.begin(), socket_families.end(), family) == socket_families.end())
        add(SCMP_SYS(socket), EAFNOSUPPORT, {SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(family))});
    add(SCMP_SYS(socket), EAFNOSUPPORT, {SCMP_A0(SCMP_CMP_GT, static_cast<scmp_datum_t>(last_family))});
  }

  caf::expected<std::string> finish() {
    unique_fd file{memfd_create("hive-filter", MFD_CLOEXEC)};
    if (!file)
      return fail(ec::unavailable, "no descriptor is left for the filter of system calls");
    if (error_ == 0)
      error_ = seccomp_export_bpf(context_.get(), file.get());
    if (error_ != 0)
      return fail(ec::unavailable, "the filter of system calls cannot be made: " + errno_text(-error_));
    auto size = lseek(file.get(), 0, SEEK_END);
    std::string out(size > 0 ? static_cast<size_t>(size) : 0, '\0');
    if (out.empty() || pread(file.get(), out.data(), out.size(), 0) != size)
      return fail(ec::unavailable, "the filter of system calls cannot be read back");
    return out;
  }

private:
  void add(int number, int error, std::initializer_list<scmp_arg_cmp> arguments = {}) {
    if (error_ == 0)
      error_ = seccomp_rule_add_array(context_.get(), SCMP_ACT_ERRNO(static_cast<uint32_t>(error)), number,
                                      static_cast<unsigned>(arguments.size()), arguments.begin());
  }

  std::unique_ptr<void, void (*)(scmp_filter_ctx)> context_;
  int error_ = 0;
};

} // namespace

caf::expected<std::string> syscall_filter() {
  filter_builder filter;
  for (const auto& call : refused)
    filter.refuse(call);
  filter.refuse_namespaces();
  filter.refuse_terminal_input();
  filter.refuse_families();
  return filter.finish();
}

} // namespace hive::sandbox
