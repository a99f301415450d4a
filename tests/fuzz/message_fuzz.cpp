// Bytes from other nodes, engines and the store as Cap'n Proto messages. The first byte selects the type.
//
// Promises: no bytes crash the loader. A loaded message can be read completely without further checks, and its own
// bytes load again unchanged.

#include "messages/json.hpp"
#include "messages/msg.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/schemas.hpp"

namespace {

using namespace hive;

template <class T>
void load(std::string_view bytes) {
  auto loaded = msg<T>::load(bytes);
  if (!loaded)
    return;
  to_json(*loaded); // reads every field
  auto again = msg<T>::load(loaded->bytes());
  fuzz::require(static_cast<bool>(again), "what was accepted is accepted again");
  fuzz::require(again->bytes() == loaded->bytes(), "and unchanged");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size != 0)
    hive::fuzz::choose_message(data[0], [&]<class T> { load<T>(hive::fuzz::text_of(data + 1, size - 1)); });
  return 0;
}
