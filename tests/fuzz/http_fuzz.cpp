// Bytes of HTTP clients over a real socket, sent to a server with the whole API over services that answer from the
// request alone. The first byte selects how the client ends: at once, after closing one direction, or with a reset.
//
// Promises: whatever a client sends, the next one is answered.

#include "tests/actors/http/fake_node.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace {

using namespace hive;
using namespace std::chrono_literals;

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static auto& node = *new http::fake_node; // never destroyed: its threads end with the process
  if (size == 0)
    return 0;
  {
    raw_connection client{node.port()};
    client.set_patience(50ms); // some routes of the fake services never answer
    client.send(fuzz::text_of(data + 1, size - 1));
    if (data[0] % 3 == 0)
      client.reset_at_close();
    else if (data[0] % 3 == 1)
      client.close_half();
    if (data[0] % 3 != 0)
      client.read_all();
  }
  raw_connection honest{node.port()};
  honest.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  fuzz::require(honest.read_all().starts_with("HTTP/1.1 200 "), "an honest client is answered");
  return 0;
}
