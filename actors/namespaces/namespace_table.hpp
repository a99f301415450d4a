#pragma once

#include "actors/defaults.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hive {

/// Which namespaces are open, and which one must give way to another. Pure: time and use are passed in.
class namespace_table {
public:
  using clock = std::chrono::steady_clock;
  using time_point = clock::time_point;
  using is_used = std::function<bool(const std::string& id)>;

  struct options {
    /// Most that are open or being opened; one more takes the place of the one that was entered longest ago.
    size_t max_open = defaults::max_open_namespaces;
    /// One that nobody entered or used for this long is closed.
    clock::duration idle = defaults::namespace_idle;
  };

  explicit namespace_table(options how) : options_{how} {
  }

  /// What to do for somebody who enters.
  enum class step {
    serve,  ///< it is open
    wait,   ///< it is being opened or closed: serve or ask again afterwards
    open,   ///< open it; it counts as being opened from now on
    refuse, ///< as many as are allowed are in use
  };
  struct decision {
    step what = step::serve;
    std::optional<std::string> evicted = {}; ///< to be closed in its favour
  };
  decision enter(const std::string& id, time_point now, const is_used& used);

  /// It has been opened.
  void opened(const std::string& id, time_point now);

  /// It is to be closed, or must stay closed until `closed`. Whether it is open or being opened.
  bool close(const std::string& id);

  /// It has been closed, or could not be opened.
  void closed(const std::string& id);

  /// Those that nobody used for long enough; they count as being closed from now on.
  std::vector<std::string> close_idle(time_point now, const is_used& used);

  bool is_open(const std::string& id) const;

  /// When one may become idle; none when none is open.
  std::optional<time_point> next_due() const;

private:
  enum class state { opening, open, closing };
  struct entry {
    state at = state::opening;
    time_point used_at;
  };

  std::optional<std::string> find_unused(const is_used& used) const;

  options options_;
  std::map<std::string, entry> entries_;
};

} // namespace hive
