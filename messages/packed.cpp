#include "messages/packed.hpp"

#include <capnp/serialize-packed.h>
#include <kj/io.h>

namespace hive::detail {

std::string pack(std::string_view stream) {
  // The stream of a msg<T> consists of whole, aligned words.
  kj::ArrayPtr<const capnp::word> words{reinterpret_cast<const capnp::word*>(stream.data()),
                                        stream.size() / sizeof(capnp::word)};
  capnp::FlatArrayMessageReader reader{words};
  capnp::MallocMessageBuilder copy{static_cast<capnp::uint>(words.size())};
  copy.setRoot(reader.getRoot<capnp::AnyPointer>());
  kj::VectorOutputStream out;
  capnp::writePackedMessage(out, copy);
  auto packed = out.getArray();
  return {reinterpret_cast<const char*>(packed.begin()), packed.size()};
}

caf::expected<shared_words> unpack(std::string_view packed, size_t most) {
  capnp::ReaderOptions limits;
  // The reader compares segment sizes with this limit before it allocates memory.
  limits.traversalLimitInWords = most / sizeof(capnp::word);
  try {
    kj::ArrayInputStream in{{reinterpret_cast<const kj::byte*>(packed.data()), packed.size()}};
    capnp::PackedMessageReader reader{in, limits};
    capnp::MallocMessageBuilder copy;
    copy.setRoot(reader.getRoot<capnp::AnyPointer>());
    return flatten(copy);
  } catch (const kj::Exception& e) {
    return fail(ec::malformed, std::string{"packed message: "} + e.getDescription().cStr());
  }
}

} // namespace hive::detail
