#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace hive::ctl::mcp {

/// Cuts a stream of bytes into lines of bounded length. A longer one is dropped up to its end, so that the next line is
/// read again.
class line_splitter {
public:
  using line_handler = std::function<void(std::string_view line)>;
  using excess_handler = std::function<void()>;

  explicit line_splitter(size_t max_line_bytes) : max_line_bytes_{max_line_bytes} {
  }

  /// Calls `on_line` for each line that ends in `bytes`, without its line break and empty ones left out, and
  /// `on_excess` once for each line that is too long, as soon as that is known.
  void feed(std::string_view bytes, const line_handler& on_line, const excess_handler& on_excess);

  /// Whether the stream ended within a line.
  bool has_rest() const {
    return !line_.empty() || is_dropping_;
  }

private:
  void append(std::string_view part, const excess_handler& on_excess);

  const size_t max_line_bytes_;
  std::string line_;
  bool is_dropping_ = false;
};

} // namespace hive::ctl::mcp
