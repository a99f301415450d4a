#include "apps/hivectl/event_reader.hpp"

#include <utility>

namespace hive::ctl {

bool event_reader::take(std::string_view piece, std::vector<std::string>& complete) {
  while (!piece.empty()) {
    auto end = piece.find('\n');
    line_ += piece.substr(0, end);
    if (line_.size() + data_.size() > max_pending_bytes)
      return false;
    if (end == piece.npos)
      return true;
    piece.remove_prefix(end + 1);
    if (line_.ends_with('\r'))
      line_.pop_back();
    take_line(line_, complete);
    line_.clear();
  }
  return true;
}

void event_reader::begin_again() {
  line_.clear();
  data_.clear();
  id_ = last_id_;
}

void event_reader::take_line(std::string_view line, std::vector<std::string>& complete) {
  if (line.empty()) { // end of an event, or of an id without data
    last_id_ = id_;
    if (!data_.empty()) {
      data_.pop_back();
      complete.push_back(std::exchange(data_, {}));
    }
    return;
  }
  auto colon = line.find(':');
  auto name = line.substr(0, colon);
  auto value = colon == line.npos ? std::string_view{} : line.substr(colon + 1);
  if (value.starts_with(' '))
    value.remove_prefix(1);
  if (name == "data")
    data_.append(value).append("\n");
  else if (name == "id" && value.find('\0') == value.npos)
    id_ = value;
}

} // namespace hive::ctl
