#include "actors/otlp/gunzip.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <zlib.h>

namespace hive::otlp {
namespace {

/// zlib's largest window, and its mark for a gzip header.
constexpr int gzip_window_bits = 15 + 16;
/// Room that is made at a time: what was not sent takes no memory.
constexpr size_t piece_bytes = size_t{256} << 10;

struct inflating {
  inflating() {
    is_ready = ::inflateInit2(&stream, gzip_window_bits) == Z_OK;
  }
  ~inflating() {
    ::inflateEnd(&stream);
  }
  inflating(const inflating&) = delete;
  inflating& operator=(const inflating&) = delete;

  z_stream stream{};
  bool is_ready = false;
};

caf::error malformed() {
  return fail(ec::malformed, "the body is not gzip, or not all of it");
}

} // namespace

caf::expected<std::string> gunzip(std::string_view compressed, size_t max_bytes) {
  inflating from;
  if (!from.is_ready)
    return fail(ec::overloaded, "there is no memory to decompress the body");
  auto& stream = from.stream;
  stream.next_in = const_cast<unsigned char*>(bytes_of(compressed)); // zlib does not write to it
  stream.avail_in = static_cast<uInt>(compressed.size());
  std::string out;
  for (bool is_member_whole = false; stream.avail_in > 0 || !is_member_whole;) {
    if (is_member_whole && ::inflateReset(&stream) != Z_OK)
      return malformed();
    auto filled = out.size();
    out.resize(std::min(filled + piece_bytes, max_bytes + 1));
    stream.next_out = reinterpret_cast<unsigned char*>(out.data() + filled);
    stream.avail_out = static_cast<uInt>(out.size() - filled);
    auto result = ::inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
    if (out.size() > max_bytes)
      return fail(ec::too_large, "the decompressed body has more than " + std::to_string(max_bytes) + " bytes");
    if (result != Z_OK && result != Z_STREAM_END)
      return malformed(); // also when bytes are missing
    is_member_whole = result == Z_STREAM_END;
  }
  return out;
}

} // namespace hive::otlp
