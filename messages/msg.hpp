#pragma once

#include "messages/check.hpp"
#include "messages/ec.hpp"

#include <caf/expected.hpp>
#include <caf/meta/load_callback.hpp>
#include <caf/meta/type_name.hpp>
#include <capnp/message.h>
#include <capnp/serialize.h>
#include <memory>
#include <string>
#include <string_view>

namespace hive {

/// An immutable Cap'n Proto message with root `T`. Copies share the words, so passing a message between actors copies
/// one pointer. `m->getX()` reads in place, from any thread.
///
/// The bytes are a single-segment Cap'n Proto stream: the same on the wire, on disk and in memory.
template <class T>
class msg {
public:
  using reader = typename T::Reader;
  using builder = typename T::Builder;

  /// A message with the defaults in all fields.
  msg() : msg{empty()} {
  }

  /// Builds a message; `fill` gets the root's builder.
  template <class Fill>
  static msg build(Fill&& fill) {
    capnp::MallocMessageBuilder scratch{detail::first_segment_words};
    fill(scratch.template initRoot<T>());
    return msg{detail::flatten(scratch)};
  }

  /// Copies the message that `source` reads.
  static msg copy_of(reader source) {
    return msg{detail::flatten_reader(capnp::AnyStruct::Reader{source})};
  }

  /// Copies a message that was built elsewhere. Its root must be a `T`.
  static msg adopt(capnp::MessageBuilder& source) {
    return msg{detail::flatten(source)};
  }

  /// Decodes untrusted bytes. This is the only place where they are checked; a loaded message can be trusted. Fails
  /// with ec::too_large, ec::malformed (limits: see detail::load), or ec::invalid when a field violates its schema's
  /// rules.
  static caf::expected<msg> load(std::string_view bytes) {
    return of(detail::load(bytes, capnp::Schema::from<T>()));
  }

  /// Decodes the `bytes()` of a message that this node has stored under a checksum. Checks and fails like `load`, but
  /// is faster.
  static caf::expected<msg> load_stored(std::string_view bytes) {
    return of(detail::load_stored(bytes, capnp::Schema::from<T>()));
  }

  const reader* operator->() const {
    return &root_;
  }

  const reader& operator*() const {
    return root_;
  }

  /// The encoded message, as sent and as stored.
  std::string_view bytes() const {
    auto chars = words_->asChars();
    return {chars.begin(), chars.size()};
  }

private:
  static const msg& empty() {
    static const msg instance = build([](builder) {});
    return instance;
  }

  static caf::expected<msg> of(caf::expected<detail::shared_words> words) {
    if (!words)
      return std::move(words.error());
    return msg{std::move(*words)};
  }

  explicit msg(detail::shared_words words)
      : words_{std::move(words)}, root_{capnp::readMessageUnchecked<T>(words_->begin() + detail::header_words)} {
  }

  detail::shared_words words_;
  reader root_;
};

template <class Inspector, class T>
typename Inspector::result_type inspect(Inspector& f, msg<T>& x) {
  std::string bytes;
  if constexpr (Inspector::reads_state)
    bytes = x.bytes();
  auto load = [&]() -> caf::error {
    auto loaded = msg<T>::load(bytes);
    if (!loaded)
      return std::move(loaded.error());
    x = std::move(*loaded);
    return caf::none;
  };
  return f(caf::meta::type_name("msg"), bytes, caf::meta::load_callback(load));
}

} // namespace hive
