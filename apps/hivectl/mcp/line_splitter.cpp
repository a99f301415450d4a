#include "apps/hivectl/mcp/line_splitter.hpp"

#include <utility>

namespace hive::ctl::mcp {

void line_splitter::feed(std::string_view bytes, const line_handler& on_line, const excess_handler& on_excess) {
  while (!bytes.empty()) {
    auto end = bytes.find('\n');
    append(bytes.substr(0, end), on_excess);
    if (end == bytes.npos)
      return;
    bytes.remove_prefix(end + 1);
    auto line = std::exchange(line_, {});
    if (std::exchange(is_dropping_, false))
      continue;
    if (line.ends_with('\r'))
      line.pop_back();
    if (!line.empty())
      on_line(line);
  }
}

void line_splitter::append(std::string_view part, const excess_handler& on_excess) {
  if (is_dropping_)
    return;
  if (line_.size() + part.size() <= max_line_bytes_) {
    line_ += part;
    return;
  }
  is_dropping_ = true;
  line_ = {};
  on_excess();
}

} // namespace hive::ctl::mcp
