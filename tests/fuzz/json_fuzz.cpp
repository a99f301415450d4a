// JSON from strangers, decoded by the schemas. The first byte selects the schema; the rest is the document.
//
// Promises: no document crashes the reader or makes it allocate without bound. An accepted document obeys its schema's
// rules; written as JSON, it is accepted again with the same meaning.

#include "messages/json.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/schemas.hpp"

namespace {

using namespace hive;

template <class T>
void read(std::string_view text) {
  json_error why;
  auto first = from_json<T>(text, why);
  if (!first) {
    fuzz::require(!why.text.empty(), "a refusal says why");
    return;
  }
  fuzz::require(static_cast<bool>(msg<T>::load(first->bytes())), "what was accepted as JSON is accepted as a message");
  auto written = to_json(*first);
  auto second = from_json<T>(written, why);
  fuzz::require(second.has_value(), "what was written is read again");
  fuzz::require(to_json(*second) == written, "and means the same");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size != 0)
    hive::fuzz::choose_document(data[0], [&]<class T> { read<T>(hive::fuzz::text_of(data + 1, size - 1)); });
  return 0;
}
