#pragma once

#include "tests/paths.hpp"

#include <capnp/compat/json.h>
#include <capnp/message.h>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace hive::analysis {

using json = capnp::JsonValue::Reader;

inline bool has(json object, std::string_view name) {
  for (auto member : object.getObject())
    if (name == member.getName().cStr())
      return true;
  return false;
}

inline json at(json object, std::string_view name) {
  for (auto member : object.getObject())
    if (name == member.getName().cStr())
      return member.getValue();
  throw std::runtime_error("the vectors lack " + std::string{name});
}

inline std::string text(json object, std::string_view name) {
  return at(object, name).getString().cStr();
}

inline double number(json object, std::string_view name) {
  return at(object, name).getNumber();
}

/// The folder of another set of recorded cases, from HIVE_VECTORS; null unless it is set.
inline const char* other_vectors() {
  return std::getenv("HIVE_VECTORS");
}

/// A file of recorded cases in tests/data, or in the folder `other_vectors`. Throws if it cannot be read.
class vector_file {
public:
  explicit vector_file(const std::string& name) {
    std::string path = other_vectors() ? other_vectors() : HIVE_TEST_DATA;
    path += "/" + name;
    std::ifstream file{path};
    if (!file)
      throw std::runtime_error("cannot read " + path);
    std::stringstream content;
    content << file.rdbuf();
    auto root = message_->initRoot<capnp::JsonValue>();
    capnp::JsonCodec{}.decodeRaw(kj::StringPtr{content.str().c_str(), content.str().size()}, root);
    root_ = root.asReader();
  }

  json root() const {
    return root_;
  }

private:
  std::unique_ptr<capnp::MallocMessageBuilder> message_ = std::make_unique<capnp::MallocMessageBuilder>();
  json root_;
};

} // namespace hive::analysis
