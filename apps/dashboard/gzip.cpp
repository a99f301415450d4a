#include "apps/dashboard/gzip.hpp"

#include "messages/ec.hpp"

#include <zlib.h>

namespace hive {
namespace {

constexpr int gzip_window_bits = 15 + 16; // 16: the form of gzip instead of zlib's own
constexpr int memory_level = 8;           // zlib's default
constexpr size_t max_content_bytes = size_t{16} << 20;
constexpr size_t piece_bytes = size_t{64} << 10;

void give(z_stream& to, std::string_view bytes) {
  to.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data())); // zlib only reads them
  to.avail_in = static_cast<uInt>(bytes.size());
}

/// Appends what `step` makes, piece by piece, until it says that it is done. Its last return value.
template <class Step>
int drain(z_stream& from, std::string& out, Step step) {
  int state = Z_OK;
  while (state == Z_OK && out.size() <= max_content_bytes) {
    auto before = out.size();
    out.resize(before + piece_bytes);
    from.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    from.avail_out = static_cast<uInt>(piece_bytes);
    state = step(&from);
    out.resize(out.size() - from.avail_out);
  }
  return state;
}

} // namespace

caf::expected<std::string> to_gzip(std::string_view plain) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, gzip_window_bits, memory_level, Z_DEFAULT_STRATEGY) != Z_OK)
    return fail(ec::internal, "zlib has no memory to compress " + std::to_string(plain.size()) + " bytes");
  give(stream, plain);
  std::string out;
  auto state = drain(stream, out, [](z_stream* each) { return deflate(each, Z_FINISH); });
  deflateEnd(&stream);
  if (state != Z_STREAM_END)
    return fail(ec::internal, "zlib did not compress " + std::to_string(plain.size()) + " bytes");
  return out;
}

caf::expected<std::string> from_gzip(std::string_view compressed) {
  z_stream stream{};
  if (inflateInit2(&stream, gzip_window_bits) != Z_OK)
    return fail(ec::internal, "zlib has no memory to decompress");
  give(stream, compressed);
  std::string out;
  auto state = drain(stream, out, [](z_stream* each) { return inflate(each, Z_NO_FLUSH); });
  auto unread = stream.avail_in;
  inflateEnd(&stream);
  if (state != Z_STREAM_END || unread != 0)
    return fail(ec::corrupt, "not a gzip file of at most " + std::to_string(max_content_bytes) + " bytes");
  return out;
}

} // namespace hive
