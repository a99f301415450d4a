#include "tests/bench/boost_json_parse.hpp"

#include <boost/json/src.hpp>
#include <stdexcept>

namespace hive {

size_t parse_with_boost_json(std::string_view text) {
  auto parsed = boost::json::parse({text.data(), text.size()});
  if (!parsed.is_object())
    throw std::runtime_error("no JSON object");
  return parsed.get_object().size();
}

} // namespace hive
