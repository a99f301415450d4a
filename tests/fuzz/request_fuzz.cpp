// Bytes of HTTP clients, given to the parser in pieces. The first byte selects how they are cut.
//
// Promises: the result does not depend on how a request is cut; the parser never consumes more bytes than it was given;
// a refusal is a problem document with an error status.

#include "actors/http/request_parser.hpp"
#include "tests/fuzz/fuzz_target.hpp"

#include <random>

namespace {

using namespace hive;
using namespace hive::http;
using progress = request_parser::progress;

constexpr size_t max_body = 4096;

/// The results for a connection's bytes, as text; equal results give equal texts.
std::string read_all(std::string_view bytes, std::optional<uint32_t> seed) {
  std::mt19937 random{seed.value_or(0)};
  auto parser = std::make_unique<request_parser>();
  std::string out;
  size_t given = 0, begin = 0;
  while (true) {
    size_t used = 0;
    auto step = progress::needs_more;
    if (given > begin) {
      step = parser->feed(bytes.substr(begin, given - begin), used);
      fuzz::require(used <= given - begin, "no byte is used that was not given");
      begin += used;
    }
    switch (step) {
    case progress::refused:
      fuzz::require(parser->refusal().status >= 400, "a refusal has a status");
      fuzz::require(!parser->refusal().body.empty(), "and a document");
      return out + "refused " + std::to_string(parser->refusal().status);
    case progress::has_head:
      parser->limit_body(max_body);
      break;
    case progress::complete: {
      const auto& head = parser->head();
      out += std::string{head.method} + ' ' + std::string{head.path} + ' ' + std::string{head.host} + ' ' +
             parser->body() + '\n';
      parser = std::make_unique<request_parser>();
      break;
    }
    case progress::needs_more:
      if (given == bytes.size())
        return out + "waits";
      given = seed ? std::min(bytes.size(), given + 1 + random() % 40) : bytes.size();
    }
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0)
    return 0;
  auto bytes = hive::fuzz::text_of(data + 1, size - 1);
  fuzz::require(read_all(bytes, {}) == read_all(bytes, data[0]), "a request is read alike in any pieces");
  return 0;
}
