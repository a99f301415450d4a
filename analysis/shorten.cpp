#include "analysis/shorten.hpp"

namespace hive::analysis {

std::string shorten(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes)
    return std::string{text};
  auto continues_character = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  while (max_bytes > 0 && continues_character(text[max_bytes]))
    --max_bytes;
  return std::string{text.substr(0, max_bytes)} + "…";
}

} // namespace hive::analysis
