#pragma once

#include "messages/json.hpp"
#include "tests/messages/random_message.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace hive {

/// A message of a type that is known at run time: what the tests need that treat all types alike.
struct any_message {
  std::shared_ptr<const void> kept; ///< the msg<T> that `root` and `bytes` are of
  capnp::DynamicStruct::Reader root;
  std::string_view bytes;

  template <class T>
  static any_message of(msg<T> message) {
    auto kept = std::make_shared<const msg<T>>(std::move(message));
    return {kept, capnp::DynamicStruct::Reader{**kept}, kept->bytes()};
  }

  template <class T>
  static caf::expected<any_message> of_loaded(caf::expected<msg<T>> loaded) {
    if (!loaded)
      return loaded.error();
    return of(std::move(*loaded));
  }

  std::string json() const {
    return detail::encode_json(root, false);
  }
  std::string pretty_json() const {
    return detail::encode_json(root, true);
  }
};

/// The functions of msg<T> and of its JSON for one T.
struct wire_type {
  std::string name;
  any_message (*build)(const std::function<void(capnp::DynamicStruct::Builder)>& fill);
  caf::expected<any_message> (*load)(std::string_view bytes);
  caf::expected<any_message> (*load_stored)(std::string_view bytes);
  std::optional<any_message> (*from_json)(std::string_view text, json_error& why);

  template <class T>
  static wire_type of() {
    return {capnp::Schema::from<T>().getShortDisplayName().cStr(),
            [](const std::function<void(capnp::DynamicStruct::Builder)>& fill) {
              return any_message::of(
                msg<T>::build([&](typename T::Builder out) { fill(capnp::DynamicStruct::Builder{out}); }));
            },
            [](std::string_view bytes) { return any_message::of_loaded(msg<T>::load(bytes)); },
            [](std::string_view bytes) { return any_message::of_loaded(msg<T>::load_stored(bytes)); },
            [](std::string_view text, json_error& why) -> std::optional<any_message> {
              if (auto read = hive::from_json<T>(text, why))
                return any_message::of(std::move(*read));
              return std::nullopt;
            }};
  }

  template <class... Ts>
  static std::vector<wire_type> all_of() {
    return {of<Ts>()...};
  }

  any_message random(random_filler& filler) const {
    return build([&](capnp::DynamicStruct::Builder out) { filler.fill(out); });
  }
};

inline void PrintTo(const wire_type& type, std::ostream* out) {
  *out << type.name;
}

/// Names a test after its type.
inline std::string name_of_type(const testing::TestParamInfo<wire_type>& info) {
  return info.param.name;
}

/// Messages that can be read from JSON. Types with Data fields, which are only written, are left out.
std::vector<wire_type> json_types();

} // namespace hive
