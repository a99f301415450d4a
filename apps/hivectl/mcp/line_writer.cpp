#include "apps/hivectl/mcp/line_writer.hpp"

#include "messages/ec.hpp"
#include "platform/unique_fd.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <poll.h>
#include <string_view>
#include <unistd.h>

namespace hive::ctl::mcp {
namespace {

/// Interval between looks at whether to give up.
constexpr int give_up_look_ms = 100;

} // namespace

void line_writer::write(std::string line) {
  line += '\n';
  std::lock_guard lock{mutex_};
  for (std::string_view rest = line; !rest.empty() && !is_broken_;) {
    std::string why;
    // A pipe that is writable takes this much at once, so the call does not block.
    auto part = rest.substr(0, PIPE_BUF);
    auto written = wait_until_writable() ? ::write(descriptor_, part.data(), part.size()) : -1;
    if (give_up_.stop_requested() && written < 0)
      why = "the host does not read it";
    else if (written < 0 && errno != EINTR && errno != EAGAIN)
      why = errno_text(errno);
    if (!why.empty()) {
      is_broken_ = true;
      on_broken_(why);
      return;
    }
    rest.remove_prefix(static_cast<size_t>(std::max<ssize_t>(written, 0)));
  }
}

bool line_writer::wait_until_writable() const {
  for (;;) {
    pollfd waiting{descriptor_, POLLOUT, 0};
    auto ready = ::poll(&waiting, 1, give_up_look_ms);
    if (ready > 0 || (ready < 0 && errno != EINTR))
      return true; // or broken, as the write will tell
    if (give_up_.stop_requested())
      return false;
  }
}

} // namespace hive::ctl::mcp
